// SPDX-License-Identifier: GPL-2.0
/* dflres watch: registers, read again and again, and what changes. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define LINE_BYTES 16

/* Escape sequences, to draw from the top of a terminal. */
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"
#define CLEAR_ALL "\033[2J"
#define REVERSE "\033[7m"
#define NORMAL "\033[0m"

struct watched {
	uint64_t value;
	uint64_t before;	/* in the round before */
};

struct watch {
	struct session session;
	const struct options *options;
	uint64_t offset;
	uint64_t count;
	struct watched *registers;
	uint64_t round;		/* from 1 */
	bool screen;		/* redraw a terminal, in place of new lines */
};

static bool has_changed(const struct watch *watch,
			const struct watched *watched)
{
	return watch->round > 1 && watched->value != watched->before;
}

static enum exit_status read_all(struct watch *watch)
{
	const struct session *session = &watch->session;

	for (uint64_t i = 0; i < watch->count; i++) {
		struct watched *watched = &watch->registers[i];
		int error;

		watched->before = watched->value;
		error = dflres_regs_try_read(session->regs, watch->offset +
					     i * (session->width / 8),
					     session->width, &watched->value);
		if (error)
			return explain(DFLRES_OPERATION_ACCESS,
				       session->feature, error);
	}
	return STATUS_OK;
}

/* ---- on a terminal: the registers where they were the round before ---- */

static void draw_register(const struct watch *watch,
			  const struct watched *watched)
{
	const bool changed = has_changed(watch, watched);
	const bool colour = changed && print_colour();

	printf(" %s%0*" PRIx64 "%s%c", colour ? REVERSE : "",
	       (int)watch->session.width / 4, watched->value,
	       colour ? NORMAL : "", changed ? '*' : ' ');
}

static void draw(const struct watch *watch)
{
	const unsigned int bytes = watch->session.width / 8;
	json_object *time = json_time();

	printf(HOME "%s  %s" CLEAR_LINE,
	       dflres_feature_name(watch->session.feature),
	       json_object_get_string(time));
	json_object_put(time);
	for (uint64_t i = 0; i < watch->count; i++) {
		const uint64_t offset = watch->offset + i * bytes;

		if (!(i * bytes % LINE_BYTES))
			printf(CLEAR_LINE "\n%08" PRIx64 " ", offset);
		draw_register(watch, &watch->registers[i]);
	}
	fputs(CLEAR_LINE "\n" CLEAR_REST, stdout);
	fflush(stdout);
}

/* ---- anywhere else: a line for each register at first, and for each change ---- */

static void put_change(const struct watch *watch, uint64_t index)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "offset", FORMAT_PLAIN },
		{ "", "value", FORMAT_PLAIN },
		{ "", "before", FORMAT_PLAIN },
	};
	const struct watched *watched = &watch->registers[index];
	const struct session *session = &watch->session;
	json_object *object = json_object_new_object();
	const int digits = (int)session->width / 4;

	json_add(object, "time", json_time());
	json_add(object, "feature", json_object_new_string(
			dflres_feature_name(session->feature)));
	json_add(object, "offset",
		 json_hex(watch->offset + index * (session->width / 8), 1));
	json_add(object, "width", json_object_new_int((int)session->width));
	json_add(object, "value", json_hex(watched->value, digits));
	json_add(object, "before", has_changed(watch, watched) ?
		 json_hex(watched->before, digits) : NULL);
	if (watch->options->given & TAKES_JSON)
		print_json_line(object);
	else
		print_line(object, fields, ARRAY_SIZE(fields));
	json_object_put(object);
}

static void put_changes(const struct watch *watch)
{
	for (uint64_t i = 0; i < watch->count; i++) {
		if (watch->round == 1 ||
		    has_changed(watch, &watch->registers[i]))
			put_change(watch, i);
	}
}

/* ---- again and again ---- */

static bool is_over(const struct watch *watch)
{
	return ferror(stdout) || (watch->options->given & TAKES_ROUNDS &&
				  watch->round == watch->options->count);
}

/* The rounds begin at equal distances, however long one takes. */
static enum exit_status run_rounds(struct watch *watch)
{
	int64_t next = clock_now();
	enum exit_status status;

	if (watch->screen)
		fputs(CLEAR_ALL, stdout);
	for (;;) {
		watch->round++;
		status = read_all(watch);
		if (status)
			return status;
		if (watch->screen)
			draw(watch);
		else
			put_changes(watch);
		if (is_over(watch))
			return STATUS_OK;
		next += watch->options->interval;
		if (next < clock_now())
			next = clock_now();
		poll(NULL, 0, clock_left(next));
	}
}

static enum exit_status watch_registers(struct watch *watch)
{
	struct session *session = &watch->session;
	enum exit_status status;

	status = check_range(session, watch->offset,
			     watch->count * (session->width / 8));
	if (status)
		return status;
	watch->registers = calloc(watch->count + 1, sizeof(*watch->registers));
	if (!watch->registers)
		return explain_memory();
	status = run_rounds(watch);
	free(watch->registers);
	return status;
}

static enum exit_status run_watch(const struct options *options, int count,
				  char **operands)
{
	struct watch watch = { .options = options, .count = 1 };
	enum exit_status status;

	status = get_number("offset", operands[1], UINT64_MAX, &watch.offset);
	if (!status && count > 2)
		status = get_number("count", operands[2], UINT64_MAX / 8,
				    &watch.count);
	if (!status && !watch.count) {
		complain("the count '%s' is too small: watch at least one register.",
			 operands[2]);
		status = STATUS_USAGE;
	}
	if (status)
		return status;
	watch.screen = !(options->given & TAKES_JSON) && print_terminal();
	status = session_open(&watch.session, options, operands[0],
			      DFLRES_REGS_NO_MAP);
	if (!status)
		status = watch_registers(&watch);
	session_close(&watch.session);
	return status;
}

const struct command command_watch = {
	.name = "watch",
	.operands = "FEATURE OFFSET [COUNT]",
	.min_operands = 2,
	.max_operands = 3,
	.takes = TAKES_JSON | TAKES_WIDTH | TAKES_TAKE_OVER | TAKES_INTERVAL |
		 TAKES_ROUNDS | TAKES_TIMEOUT,
	.summary = "read registers again and again, and show what changes",
	.help = "On a terminal it shows all registers, with a '*' behind each that has changed since\nthe last round. Elsewhere it prints a line for each register, then a line for each\nchange: the value and the one before. With --json each line is an object.\n" CLAIMS,
	.run = run_watch,
};
