// SPDX-License-Identifier: GPL-2.0
/*
 * Pass claims to a program: by its environment, and by descriptors that follow
 * each other, because programs that pass them on count them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* As in sd_listen_fds(3). */
#define FIRST_FD 3

__attribute__((format(printf, 3, 4)))
static int set_variable(const char *name, size_t index, const char *format, ...)
{
	char variable[64], *value;
	va_list args;
	int length, error;

	snprintf(variable, sizeof(variable), "%s_%zu", name, index);
	va_start(args, format);
	length = vasprintf(&value, format, args);
	va_end(args);
	if (length < 0)
		return -ENOMEM;
	error = setenv(variable, value, 1) ? -errno : 0;
	free(value);
	return error;
}

static int set_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	return setenv(name, text, 1) ? -errno : 0;
}

/* ---- descriptors ---- */

/* Whether the program inherits @fd from somebody else. */
static bool is_taken(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int find_room(int count)
{
	int first = FIRST_FD;

	for (int fd = first; fd < first + count; fd++) {
		if (is_taken(fd))
			first = fd + 1;
	}
	return first;
}

/*
 * Move @fds to @first and so on. execve(2) would close descriptors of this process
 * in their way anyway. Copy all out of the way first.
 */
static int move_all(const int fds[], int count, int first)
{
	int *copies = calloc((size_t)count, sizeof(*copies));
	int error = copies ? 0 : -ENOMEM;

	for (int i = 0; i < count && !error; i++) {
		copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, first + count);
		if (copies[i] < 0)
			error = -errno;
	}
	for (int i = 0; i < count && !error; i++) {
		if (dup2(copies[i], first + i) < 0)
			error = -errno;
	}
	free(copies);
	return error;
}

/* The registers of all, then their leases. Return: how many descriptors. */
static int collect(struct dflres_claim *const claims[], size_t count, int fds[])
{
	int collected = 0;

	for (size_t i = 0; i < count; i++)
		fds[collected++] = dflres_claim_fd(claims[i]);
	for (size_t i = 0; i < count; i++) {
		int lease = dflres_claim_lease_fd(claims[i]);

		if (lease >= 0)
			fds[collected++] = lease;
	}
	return collected;
}

/* ---- the environment ---- */

static int describe_claim(const struct dflres_claim *claim, size_t index, int fd)
{
	const struct dflres_feature *feature = dflres_claim_feature(claim);
	char files[PATH_MAX];
	int error;

	error = set_variable("DFLRES_FEATURE", index, "%s",
			     dflres_feature_name(feature));
	/* if it goes away at this moment, the program sees the end of the claim */
	if (!error && !dflres_feature_files(feature, files, sizeof(files)))
		error = set_variable("DFLRES_FILES", index, "%s", files);
	if (!error)
		error = set_variable("DFLRES_PATH", index, "%s",
				     dflres_feature_path(feature));
	if (!error)
		error = set_variable("DFLRES_FD", index, "%d", fd);
	return error;
}

/* How many descriptors a service manager has passed to this process. */
static int count_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint64_t number;

	if (!pid || parse_number(pid, INT_MAX, &number) ||
	    (pid_t)number != getpid() ||
	    !count || parse_number(count, INT_MAX, &number))
		return 0;
	return (int)number;
}

/* A name for each: the present names, then the features' and "lease". */
static char *listen_names(struct dflres_claim *const claims[], size_t count,
			  int before, int passed)
{
	const char *names = before ? getenv("LISTEN_FDNAMES") : NULL;
	char *text = NULL;
	size_t size;
	FILE *stream;

	stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	for (int i = 0; i < before && !names; i++)
		fputs(i ? ":unknown" : "unknown", stream);
	if (names)
		fputs(names, stream);
	for (int i = 0; i < passed; i++) {
		const struct dflres_claim *claim = claims[(size_t)i % count];

		fprintf(stream, "%s%s", before || i ? ":" : "",
			(size_t)i < count ?
			dflres_feature_name(dflres_claim_feature(claim)) :
			"lease");
	}
	if (fclose(stream)) {
		free(text);
		return NULL;
	}
	return text;
}

/* It can announce only descriptors without a gap. */
static int announce(struct dflres_claim *const claims[], size_t count,
		    int first, int passed)
{
	const int before = count_listen_fds();
	char *names;
	int error;

	if (first != FIRST_FD + before)
		return 0;
	names = listen_names(claims, count, before, passed);
	if (!names)
		return -ENOMEM;
	error = setenv("LISTEN_FDNAMES", names, 1) ? -errno : 0;
	free(names);
	if (!error)
		error = set_number("LISTEN_FDS", before + passed);
	if (!error)
		error = set_number("LISTEN_PID", getpid());
	return error;
}

int pass_claims(struct dflres_claim *const claims[], size_t count, bool listen)
{
	int *fds = calloc(2 * count, sizeof(*fds));
	int first, passed, error;

	if (!fds)
		return -ENOMEM;
	passed = collect(claims, count, fds);
	first = find_room(passed);
	error = set_number("DFLRES_FEATURES", (long)count);
	for (size_t i = 0; i < count && !error; i++)
		error = describe_claim(claims[i], i, first + (int)i);
	if (!error && listen)
		error = announce(claims, count, first, passed);
	/* last, because it may close descriptors of the claims themselves */
	if (!error)
		error = move_all(fds, passed, first);
	free(fds);
	return error;
}
