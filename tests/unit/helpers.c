// SPDX-License-Identifier: GPL-2.0
/* What the unit tests share: see unit.h. */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

int (*kernel)(const char *file, const char *text);
char kernel_log[1024];
int kernel_feature;
int (*next_poll)(struct pollfd *fds, unsigned long count, int timeout);
const char *linked, *link_text;

void add_plain(unsigned int number)
{
	struct fixture_feature feature = plain_feature;

	feature.number = number;
	add_feature(&feature);
}

struct dflres_list *list_features(size_t expected)
{
	struct dflres_list *list = NULL;

	ck_assert_int_eq(dflres_list_new(&list), 0);
	ck_assert_uint_eq(dflres_list_count(list), expected);
	return list;
}

struct dflres_feature *open_only(void)
{
	struct dflres_list *list = list_features(1);
	struct dflres_feature *feature = NULL;

	ck_assert_int_eq(dflres_list_open(&feature, list, 0), 0);
	dflres_list_free(list);
	return feature;
}

struct dflres_feature *open_plain(void)
{
	add_plain(0);
	return open_only();
}

void ck_assert_file(unsigned int number, const char *file, const char *text)
{
	char path[PATH_MAX], contents[256] = "";
	FILE *stream;

	snprintf(path, sizeof(path), "%s/bus/dfl/devices/dfl_dev.%u/%s",
		 fixture_root(), number, file);
	stream = fopen(path, "r");
	ck_assert_ptr_nonnull(stream);
	ck_assert(fgets(contents, sizeof(contents), stream) || !*text);
	fclose(stream);
	contents[strcspn(contents, "\n")] = '\0';
	ck_assert_str_eq(contents, text);
}

struct dflres_feature *open_claimable(size_t size)
{
	uint8_t *data = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		data[i] = i;
	add_plain(0);
	set_file(0, "dflres/lease", "");
	put("bus/dfl/devices/dfl_dev.0/dflres/resource0", (char *)data, size);
	free(data);
	return open_only();
}

struct dflres_claim *claim_plain(size_t size)
{
	struct dflres_feature *feature = open_claimable(size);
	struct dflres_claim *claim = NULL;

	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), 0);
	dflres_feature_close(feature);
	return claim;
}

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

int feature_number(const char *path)
{
	const char *name = NULL, *next = path;

	while ((next = strstr(next, "dfl_dev.")))
		name = next++;
	return name ? atoi(name + strlen("dfl_dev.")) : -1;
}

/* Stands before libc's for the library and the tool. */
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (next_poll)
		return next_poll(fds, count, timeout);
	return syscall(SYS_poll, fds, count, timeout);
}

/* Likewise. */
ssize_t readlink(const char *path, char *target, size_t size)
{
	if (!linked || strcmp(path, linked))
		return syscall(SYS_readlinkat, AT_FDCWD, path, target, size);
	if (!link_text) {
		errno = ENOENT;
		return -1;
	}
	/* as the system call does, without a NUL */
	if (size > strlen(link_text))
		size = strlen(link_text);
	memcpy(target, link_text, size);
	return (ssize_t)size;
}

static void log_write(const char *file, const char *text)
{
	size_t used = strlen(kernel_log);
	char number[sizeof("N kernel")] = "N";

	strncat(number, text + strspn(text, "0123456789"),
		sizeof(number) - sizeof("N"));
	snprintf(kernel_log + used, sizeof(kernel_log) - used, "%.99s=%.99s ",
		 file, isdigit((unsigned char)*text) ? number : text);
}

/* Stands before libc's for the library, which is linked dynamically. */
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	char link[64], path[PATH_MAX], text[64];
	const char *file;
	ssize_t length;
	int result;

	if (!kernel || size >= sizeof(text))
		return syscall(SYS_pwrite64, fd, data, size, offset);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	file = strrchr(path, '/');
	file = file ? file + 1 : path;
	memcpy(text, data, size);
	text[size] = '\0';
	kernel_feature = feature_number(path);
	log_write(file, text);
	result = kernel(file, text);
	if (result >= 0)
		return result ? result : (ssize_t)size;
	errno = -result;
	return -1;
}
