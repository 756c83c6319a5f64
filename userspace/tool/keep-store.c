// SPDX-License-Identifier: GPL-2.0
/* The directory with a file for each feature that is kept. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep.h"

/* Other names belong to editors and packages, and do not count. */
#define SUFFIX ".conf"

static enum exit_status cannot(const char *what, const char *path)
{
	const int error = errno;
	const bool refused = error == EACCES || error == EPERM || error == EROFS;

	complain("cannot %s %s: %s%s.", what, path, strerror(error), refused ?
		 "; run this as root" : "");
	return refused ? STATUS_REFUSED : STATUS_FAILURE;
}

static int is_ours(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end && !strcmp(end, SUFFIX);
}

/* Refuse a FIFO, which would keep udev waiting, and a directory. */
static enum exit_status read_file(struct keep *keep)
{
	enum exit_status status;
	struct stat st;
	FILE *file;
	int fd;

	fd = open(keep->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return cannot("read", keep->path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		complain("%s is not a regular file; delete it.", keep->path);
		status = STATUS_FILE;
	} else {
		status = keep_parse(keep, file);
	}
	fclose(file);
	return status;
}

/* With two files for one feature their names would decide which one counts. */
static enum exit_status add(struct keeps *keeps, const struct keep *keep)
{
	const struct keep *other = keep_find(keeps, keep->feature);

	if (other) {
		complain("%s and %s both keep %s; delete one of them.",
			 other->path, keep->path, keep->feature);
		return STATUS_FILE;
	}
	keeps->list[keeps->count++] = *keep;
	return STATUS_OK;
}

enum exit_status keep_load(struct keeps *keeps)
{
	enum exit_status status = STATUS_OK, result;
	struct dirent **names;
	int count;

	keeps->count = 0;
	keeps->list = NULL;
	count = scandir(keep_directory(), &names, is_ours, alphasort);
	if (count < 0)
		return errno == ENOENT ? STATUS_OK :
					 cannot("read", keep_directory());
	keeps->list = calloc((size_t)count + 1, sizeof(*keeps->list));
	if (!keeps->list)
		status = explain_memory();
	for (int i = 0; i < count; i++) {
		struct keep keep = { 0 };

		snprintf(keep.path, sizeof(keep.path), "%s/%s",
			 keep_directory(), names[i]->d_name);
		free(names[i]);
		if (!keeps->list)
			continue;
		result = read_file(&keep);
		if (!result)
			result = add(keeps, &keep);
		if (result)
			status = result;
	}
	free(names);
	return status;
}

void keep_free(struct keeps *keeps)
{
	free(keeps->list);
}

struct keep *keep_find(const struct keeps *keeps, const char *selector)
{
	for (size_t i = 0; i < keeps->count; i++) {
		if (!strcmp(keeps->list[i].feature, selector))
			return &keeps->list[i];
	}
	return NULL;
}

/* The / behind the card would make a directory and a file. */
static void name_file(struct keep *keep)
{
	char name[KEEP_VALUE_MAX];

	if (*keep->path)
		return;
	strcpy(name, keep->feature);
	*strchr(name, '/') = '_';
	snprintf(keep->path, sizeof(keep->path), "%s/%s" SUFFIX,
		 keep_directory(), name);
}

static enum exit_status write_file(const struct keep *keep, const char *path)
{
	enum exit_status status = STATUS_OK;
	FILE *file = fopen(path, "wxe");

	if (!file)
		return cannot("write", path);
	if (keep_print(keep, file) || fsync(fileno(file)) ||
	    fchmod(fileno(file), 0644))
		status = cannot("write", path);
	if (fclose(file) && !status)
		status = cannot("write", path);
	return status;
}

enum exit_status keep_store(struct keep *keep,
			    const struct dflres_feature *feature)
{
	char path[PATH_MAX + 16];
	enum exit_status status;
	bool made;

	made = !mkdir(keep_directory(), 0755);
	if (!made && errno != EEXIST)
		return cannot("make", keep_directory());
	name_file(keep);
	snprintf(path, sizeof(path), "%s.%d", keep->path, (int)getpid());
	status = write_file(keep, path);
	if (!status && feature)
		status = keep_apply(keep, feature);
	if (!status && rename(path, keep->path))
		status = cannot("write", keep->path);
	if (!status)
		return status;
	unlink(path);
	if (made)
		rmdir(keep_directory());
	return status;
}

enum exit_status keep_delete(const struct keep *keep)
{
	return unlink(keep->path) ? cannot("delete", keep->path) : STATUS_OK;
}
