// SPDX-License-Identifier: GPL-2.0
/* Output, as text and as JSON. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

#define CELL_MAX 512

enum exit_status flush_output(void)
{
	/* a full disk shows only when the output is written out */
	if (!fflush(stdout) && !ferror(stdout))
		return STATUS_OK;
	complain("cannot write the output: %s.", strerror(errno));
	/* say it once */
	__fpurge(stdout);
	clearerr(stdout);
	return STATUS_FAILURE;
}

bool print_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

bool print_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	/* no-color.org: present and not empty */
	return !(no_colour && *no_colour) && print_terminal();
}

static const char *owner_colour(const char *owner)
{
	if (!strcmp(owner, "user"))
		return "\033[32m";
	if (!strcmp(owner, "kernel"))
		return "\033[36m";
	return strcmp(owner, "none") ? "\033[33m" : "\033[2m";
}

static const char *string_of(json_object *object, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return NULL;
	return json_object_get_string(value);
}

/* "dfl-spi-altera", "4711 registers (alice)", "- (alice)" or "-" */
static void format_by(json_object *object, char text[CELL_MAX])
{
	const char *driver = string_of(object, "driver");
	const char *pid = string_of(object, "pid");
	const char *command = string_of(object, "command");
	const char *user = string_of(object, "user");

	if (driver)
		snprintf(text, CELL_MAX, "%s", driver);
	else
		snprintf(text, CELL_MAX, "%s%s%s%s%s%s", pid ? pid : "-",
			 command ? " " : "", command ? command : "",
			 user ? " (" : "", user ? user : "", user ? ")" : "");
}

/* "0x9 (emif)", "0x9" or "-" */
static void format_id(json_object *object, const char *key, char text[CELL_MAX])
{
	const char *id = string_of(object, key);
	const char *name = string_of(object, "id_name");

	snprintf(text, CELL_MAX, "%s%s%s%s", id ? id : "-", name ? " (" : "",
		 name ? name : "", name ? ")" : "");
}

/* As lspci(8) shows it if there is only the first domain. */
static const char *short_card(const char *card)
{
	return strncmp(card, "0000:", 5) ? card : card + 5;
}

static void format_cell(json_object *object, const struct field *field,
			char text[CELL_MAX])
{
	json_object *value;

	if (field->format == FORMAT_BY)
		format_by(object, text);
	else if (!json_object_object_get_ex(object, field->key, &value))
		strcpy(text, "?");
	else if (!value)
		strcpy(text, "-");
	else if (field->format == FORMAT_ID)
		format_id(object, field->key, text);
	else if (field->format == FORMAT_CARD)
		snprintf(text, CELL_MAX, "%s",
			 short_card(json_object_get_string(value)));
	else if (field->format == FORMAT_HEX)
		snprintf(text, CELL_MAX, "0x%" PRIx64,
			 json_object_get_uint64(value));
	else if (field->format == FORMAT_YESNO)
		strcpy(text, json_object_get_boolean(value) ? "yes" : "no");
	else
		snprintf(text, CELL_MAX, "%s", json_object_get_string(value));
}

static void print_cell(json_object *object, const struct field *field,
		       int width)
{
	char text[CELL_MAX];

	format_cell(object, field, text);
	if (field->format == FORMAT_OWNER && print_colour())
		printf("%s%s\033[0m%*s", owner_colour(text), text,
		       width > (int)strlen(text) ? width - (int)strlen(text) : 0,
		       "");
	else
		printf("%-*s", width, text);
}

static int field_width(json_object *array, const struct field *field)
{
	size_t width = strlen(field->title);

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		char text[CELL_MAX];

		format_cell(json_object_array_get_idx(array, i), field, text);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

void print_table(json_object *array, const struct field *fields, size_t count)
{
	int widths[32] = { 0 };

	/* no spaces behind the last column */
	for (size_t i = 0; i + 1 < count; i++)
		widths[i] = field_width(array, &fields[i]);
	for (size_t i = 0; i < count; i++)
		printf("%s%-*s", i ? "  " : "", widths[i], fields[i].title);
	putchar('\n');
	for (size_t row = 0; row < json_object_array_length(array); row++) {
		json_object *object = json_object_array_get_idx(array, row);

		for (size_t i = 0; i < count; i++) {
			if (i)
				fputs("  ", stdout);
			print_cell(object, &fields[i], widths[i]);
		}
		putchar('\n');
	}
}

void print_fields(json_object *object, const struct field *fields,
		  size_t count)
{
	int width = 0;

	for (size_t i = 0; i < count; i++) {
		if ((int)strlen(fields[i].title) > width)
			width = (int)strlen(fields[i].title);
	}
	for (size_t i = 0; i < count; i++) {
		printf("%-*s  ", width, fields[i].title);
		print_cell(object, &fields[i], 0);
		putchar('\n');
	}
}

void print_line(json_object *object, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputs("  ", stdout);
		print_cell(object, &fields[i], 0);
	}
	putchar('\n');
	fflush(stdout);
}

const char *json_text(json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
}

void print_json(json_object *object)
{
	puts(json_text(object));
}

void print_json_line(json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
}

json_object *json_time(void)
{
	struct timespec time;
	char stamp[64];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &time);
	gmtime_r(&time.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%FT%T", &tm);
	snprintf(stamp + strlen(stamp), sizeof(stamp) - strlen(stamp),
		 ".%03dZ", (int)(time.tv_nsec / 1000000));
	return json_object_new_string(stamp);
}

json_object *json_hex(uint64_t value, int digits)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, value);
	return json_object_new_string(text);
}

void json_add(json_object *object, const char *key, json_object *value)
{
	/* No memory for some tens of bytes: there is nothing to undo. */
	if (json_object_object_add(object, key, value)) {
		explain_memory();
		exit(STATUS_FAILURE);
	}
}
