// SPDX-License-Identifier: GPL-2.0
/* Read files that describe the machine. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* @path begins with the root. Return: 0; -ENAMETOOLONG. */
__attribute__((format(printf, 2, 0)))
static int make_path(char path[PATH_MAX], const char *format, va_list args)
{
	int root = snprintf(path, PATH_MAX, "%s", report_root());
	int length;

	if (root < 0 || root >= PATH_MAX)
		return -ENAMETOOLONG;
	length = vsnprintf(path + root, PATH_MAX - (size_t)root, format, args);
	return length < 0 || length >= PATH_MAX - root ? -ENAMETOOLONG : 0;
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

int report_open(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int error;

	va_start(args, format);
	error = make_path(path, format, args);
	va_end(args);
	return error ? error : open_path(path);
}

void report_cut(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

int report_read(char text[REPORT_TEXT_MAX], const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t length;
	va_list args;
	int fd, error;

	va_start(args, format);
	error = make_path(path, format, args);
	va_end(args);
	fd = error ? error : open_path(path);
	if (fd < 0)
		return fd;
	length = read(fd, text, REPORT_TEXT_MAX - 1);
	error = length < 0 ? -errno : 0;
	close(fd);
	text[error ? 0 : length] = '\0';
	report_cut(text);
	return error;
}

int report_link(char text[REPORT_TEXT_MAX], const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;
	va_list args;
	char *base;
	int error;

	va_start(args, format);
	error = make_path(path, format, args);
	va_end(args);
	if (error)
		return error;
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	base = strrchr(target, '/');
	snprintf(text, REPORT_TEXT_MAX, "%.*s", REPORT_TEXT_MAX - 1,
		 base ? base + 1 : target);
	report_cut(text);
	return 0;
}

bool report_exists(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int error;

	va_start(args, format);
	error = make_path(path, format, args);
	va_end(args);
	return !error && !access(path, F_OK);
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int report_each(report_visit *visit, void *context, const char *format, ...)
{
	struct dirent **names;
	char path[PATH_MAX];
	va_list args;
	int count, error;

	va_start(args, format);
	error = make_path(path, format, args);
	va_end(args);
	if (error)
		return error;
	count = scandir(path, &names, no_dots, alphasort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		report_cut(names[i]->d_name);
		if (visit)
			visit(names[i]->d_name, context);
		free(names[i]);
	}
	free(names);
	return count;
}
