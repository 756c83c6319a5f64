// SPDX-License-Identifier: GPL-2.0
/* Lines of a report, without private data. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* What ends a word that could be a path. */
#define BETWEEN " \t\n'\"`()[]<>,;:="

/* Paths that are the same on every machine, or that a report is about. */
static const char *const known_paths[] = {
	"/sys/", "/dev/", "/proc/", "/etc/dflres", "/run/dfl", "/lib/modules/",
	"/usr/lib/modules/",
};

void report_title(const char *title)
{
	printf("\n== %s ==\n", title);
}

void report_line(const char *name, const char *format, ...)
{
	va_list args;

	printf("%-*s  ", REPORT_WIDTH, name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void report_value(const char *name, const char *path)
{
	char text[REPORT_TEXT_MAX];
	int error = report_read(text, "%s", path);

	if (!error)
		report_line(name, "%s", text);
	else if (error == -ENOENT)
		report_line(name, "-");
	else
		report_line(name, "cannot be read: %s", strerror(-error));
}

/* Each of these returns the length of its match at the start of @text, or 0. */

static size_t mac_length(const char *text)
{
	size_t length = 0;

	for (int i = 0; i < 6; i++) {
		if (i && text[length++] != ':')
			return 0;
		if (!isxdigit((unsigned char)text[length]) ||
		    !isxdigit((unsigned char)text[length + 1]))
			return 0;
		length += 2;
	}
	return isalnum((unsigned char)text[length]) ? 0 : length;
}

static size_t path_length(const char *text)
{
	const size_t root = strlen(report_root());
	size_t length = strcspn(text, BETWEEN);
	const char *path = text;

	if (memmem(text, length, "/home/", 6) ||
	    memmem(text, length, "/../", 4))
		return length;
	if (!memchr(text, '/', length) ||
	    (*text != '/' && *text != '~' && strncmp(text, "..", 2) != 0))
		return 0;
	if (!strncmp(path, report_root(), root))
		path += root;
	for (size_t i = 0; i < ARRAY_SIZE(known_paths); i++) {
		if (!strncmp(path, known_paths[i], strlen(known_paths[i])))
			return 0;
	}
	return length;
}

/* A name behind @word, as in our own sentences. */
static size_t name_length(const char *text, const char *word)
{
	const size_t length = strlen(word);
	const char *end;

	if (strncmp(text, word, length) || strncmp(text + length, " '", 2))
		return 0;
	end = strchr(text + length + 2, '\'');
	return end ? (size_t)(end + 1 - text) : strlen(text);
}

static void print_word(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		putchar(isprint((unsigned char)text[i]) ? text[i] : '?');
}

void report_safe(const char *text)
{
	while (*text) {
		size_t length;

		if ((length = mac_length(text))) {
			fputs("xx:xx:xx:xx:xx:xx", stdout);
		} else if ((length = path_length(text))) {
			fputs("/...", stdout);
		} else if ((length = name_length(text, "user"))) {
			fputs("user '...'", stdout);
		} else if ((length = name_length(text, "group"))) {
			fputs("group '...'", stdout);
		} else {
			length = strcspn(text, BETWEEN);
			if (!length)
				length = 1;
			print_word(text, length);
		}
		text += length;
	}
}

/* ---- complaints ---- */

static FILE *complaints;
static char *complained;
static size_t complained_size;

int report_begin_complaints(void)
{
	complaints = open_memstream(&complained, &complained_size);
	if (!complaints)
		return -ENOMEM;
	complain_to(complaints);
	return 0;
}

void report_end_complaints(void)
{
	complain_to(NULL);
	if (fclose(complaints))
		explain_memory();
	for (char *line = complained, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		report_safe(line);
		putchar('\n');
	}
	free(complained);
}
