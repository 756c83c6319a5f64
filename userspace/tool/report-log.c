// SPDX-License-Identifier: GPL-2.0
/* What the kernel has said about the DFL bus and dflres. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define RECORD_MAX 8192
#define LINES_MAX 200

/* The last lines that matter. */
struct lines {
	char *text[LINES_MAX];
	size_t count;		/* of all, also the lost ones */
};

/*
 * The text before the first ": " names the source, such as "dfl-pci
 * 0000:3b:00.0". Do not show what names a process there, unless it is this
 * tool.
 */
static bool is_source_ours(const char *message)
{
	const char *end = strstr(message, ": ");
	size_t length = end ? (size_t)(end - message) : 0;

	if (!length || !memmem(message, length, "dfl", 3))
		return false;
	if (memchr(message, '[', length) && strncmp(message, "dflres[", 7) != 0)
		return false;
	return !memchr(message, '/', length) && !memchr(message, '=', length);
}

/* Also lines of a call trace in our modules, and a refusal by lockdown. */
static bool is_ours(const char *message)
{
	return is_source_ours(message) || strstr(message, " [dfl") ||
	       !strncmp(message, "Lockdown: dflres: ", 18);
}

static void keep_line(struct lines *lines, const char *text)
{
	char **place = &lines->text[lines->count++ % LINES_MAX];

	free(*place);
	*place = strdup(text);
}

/*
 * "PRIORITY,NUMBER,MICROSECONDS,FLAGS;MESSAGE", and lines that begin with a space,
 * which are for programs. A message from a program has a facility, above the three
 * bits of the level.
 */
static void take_record(struct lines *lines, char *record)
{
	unsigned long long microseconds = 0;
	char text[RECORD_MAX + 32];
	unsigned int priority;
	char *message;

	message = strchr(record, ';');
	if (*record == ' ' || !message ||
	    sscanf(record, "%u,%*u,%llu", &priority, &microseconds) != 2 ||
	    priority >> 3 || !is_ours(++message))
		return;
	snprintf(text, sizeof(text), "[%5llu.%06llu] %s", microseconds / 1000000,
		 microseconds % 1000000, message);
	keep_line(lines, text);
}

/* Each read gives one record. Return: 0 or a negative errno. */
static int read_log(struct lines *lines, int fd)
{
	char buffer[RECORD_MAX + 1], *record, *rest;

	for (;;) {
		ssize_t length = read(fd, buffer, RECORD_MAX);

		/* records that have been overwritten meanwhile */
		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!length)
			return 0;
		buffer[length] = '\0';
		rest = NULL;
		for (record = strtok_r(buffer, "\n", &rest); record;
		     record = strtok_r(NULL, "\n", &rest))
			take_record(lines, record);
	}
}

static void print_lines(const struct lines *lines)
{
	size_t first = lines->count > LINES_MAX ? lines->count - LINES_MAX : 0;

	if (first)
		printf("(the last %d of %zu lines)\n", LINES_MAX, lines->count);
	for (size_t i = first; i < lines->count; i++) {
		if (lines->text[i % LINES_MAX])
			report_safe(lines->text[i % LINES_MAX]);
		putchar('\n');
	}
	if (!lines->count)
		puts("nothing of the DFL bus or dflres");
}

void report_log(void)
{
	struct lines lines = { .count = 0 };
	int fd, error;

	report_title("Kernel log");
	fd = report_open("/dev/kmsg");
	error = fd < 0 ? fd : read_log(&lines, fd);
	if (fd >= 0)
		close(fd);
	if (error)
		printf("cannot be read (%s): attach also what this prints: sudo dmesg | grep -i dfl\n",
		       strerror(-error));
	else
		print_lines(&lines);
	for (size_t i = 0; i < LINES_MAX; i++)
		free(lines.text[i]);
}
