// SPDX-License-Identifier: GPL-2.0
/* dflres shell: commands on one claim, a line each. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* ---- the commands of a line ---- */

static enum exit_status use_expect(struct session *session, int count,
				   char **operands)
{
	const struct options *options = session->options;
	enum exit_status status;
	uint64_t value, mask = UINT64_MAX;

	(void)count;
	status = get_number("value", operands[0], UINT64_MAX, &value);
	if (status)
		return status;
	if (options->given & TAKES_MASK)
		mask = options->mask;
	if (value & ~mask) {
		complain("the value 0x%" PRIx64 " has bits outside of the mask 0x%" PRIx64 ".",
			 value, mask);
		return STATUS_USAGE;
	}
	if (!session->has_last) {
		complain("expect compares the last value read, and the session has read none.");
		return STATUS_USAGE;
	}
	if (session->check_only || (session->last & mask) == value)
		return STATUS_OK;
	complain("the value is 0x%" PRIx64 ", not 0x%" PRIx64 ".",
		 session->last & mask, value);
	return STATUS_FAILURE;
}

static enum exit_status use_sleep(struct session *session, int count,
				  char **operands)
{
	int milliseconds;

	(void)count;
	if (parse_seconds(operands[0], &milliseconds)) {
		complain("invalid time '%s': seconds, such as 10 or 0.5.",
			 operands[0]);
		return STATUS_USAGE;
	}
	if (session->check_only)
		return STATUS_OK;
	fflush(stdout);
	poll(NULL, 0, milliseconds);
	return STATUS_OK;
}

static enum exit_status use_echo(struct session *session, int count,
				 char **operands)
{
	if (session->check_only)
		return STATUS_OK;
	for (int i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", operands[i]);
	putchar('\n');
	return STATUS_OK;
}

static enum exit_status use_help(struct session *session, int count,
				 char **operands);

static enum exit_status use_quit(struct session *session, int count,
				 char **operands)
{
	(void)count;
	(void)operands;
	session->over = !session->check_only;
	return STATUS_OK;
}

/* They take the same as those of the command line, without the feature. */
static const struct line_command {
	struct command command;
	session_use *use;
} line_commands[] = {
	{ { .name = "read", .operands = "OFFSET [COUNT]", .min_operands = 1,
	    .max_operands = 2, .takes = TAKES_JSON | TAKES_WIDTH | TAKES_FIFO,
	    .summary = "read registers" }, use_read },
	{ { .name = "write", .operands = "OFFSET VALUE", .min_operands = 2,
	    .max_operands = 2, .takes = TAKES_WIDTH | TAKES_READ_BACK,
	    .summary = "write a register" }, use_write },
	{ { .name = "update", .operands = "OFFSET VALUE", .min_operands = 2,
	    .max_operands = 2,
	    .takes = TAKES_WIDTH | TAKES_MASK | TAKES_READ_BACK,
	    .summary = "change some bits of a register" }, use_update },
	{ { .name = "expect", .operands = "VALUE", .min_operands = 1,
	    .max_operands = 1, .takes = TAKES_MASK,
	    .summary = "fail unless the last value read is VALUE" },
	  use_expect },
	{ { .name = "wait", .operands = "",
	    .takes = TAKES_JSON | TAKES_IRQ | TAKES_REGISTER | TAKES_VALUE |
		     TAKES_MASK | TAKES_WIDTH | TAKES_TIMEOUT,
	    .summary = "wait for an interrupt, or the value of a register",
	    .timeout_help = "wait at most SECONDS, such as 0.5" },
	  use_wait },
	{ { .name = "sleep", .operands = "SECONDS", .min_operands = 1,
	    .max_operands = 1, .summary = "do nothing for a time" },
	  use_sleep },
	{ { .name = "echo", .operands = "[WORD]...", .max_operands = -1,
	    .summary = "print the words" }, use_echo },
	{ { .name = "help", .operands = "", .summary = "print this help" },
	  use_help },
	{ { .name = "quit", .operands = "", .summary = "end the session" },
	  use_quit },
};

static enum exit_status use_help(struct session *session, int count,
				 char **operands)
{
	(void)count;
	(void)operands;
	for (size_t i = 0; i < ARRAY_SIZE(line_commands) && !session->check_only;
	     i++) {
		const struct command *command = &line_commands[i].command;
		char words[32];

		snprintf(words, sizeof(words), "%s %s", command->name,
			 command->operands);
		printf("  %-22s  %s\n", words, command->summary);
	}
	return STATUS_OK;
}

/* The words to complete from. */
static const char *word_at(const void *context, size_t index, bool is_first)
{
	const struct session *session = context;

	if (is_first)
		return index < ARRAY_SIZE(line_commands) ?
		       line_commands[index].command.name : NULL;
	return session->map && index < dflres_regmap_count(session->map) ?
	       dflres_regmap_entry(session->map, index)->name : NULL;
}

/* ---- one line ---- */

#define MAX_WORDS 64

/* Split @text at its spaces, up to a '#'; -E2BIG. */
static int split(char *text, char *words[MAX_WORDS + 1])
{
	static const char spaces[] = " \t\r\n";
	int count = 0;
	char *rest;

	for (char *word = strtok_r(text, spaces, &rest); word && *word != '#';
	     word = strtok_r(NULL, spaces, &rest)) {
		if (count == MAX_WORDS)
			return -E2BIG;
		words[count++] = word;
	}
	words[count] = NULL;
	return count;
}

static const struct line_command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(line_commands); i++) {
		if (!strcmp(name, line_commands[i].command.name))
			return &line_commands[i];
	}
	return NULL;
}

/* It changes @text. */
static enum exit_status run_line(struct session *session, char *text)
{
	const struct line_command *line;
	char *words[MAX_WORDS + 1];
	struct words operands = { .list = words };
	enum exit_status status;
	bool done;

	operands.count = split(text, words);
	if (!operands.count)
		return STATUS_OK;
	if (operands.count < 0) {
		complain("a line has at most %d words.", MAX_WORDS);
		return STATUS_USAGE;
	}
	line = find_command(words[0]);
	if (!line) {
		complain("there is no command '%s' in a session; see help.",
			 words[0]);
		return STATUS_USAGE;
	}
	session->line = (struct options)OPTIONS_INIT;
	status = parse_command(&line->command, &session->line, &operands, &done);
	if (done)
		return status;
	session->options = &session->line;
	return line->use(session, operands.count, operands.list);
}

/* ---- all lines ---- */

/* Where the lines come from. */
struct lines {
	const char *name;	/* NULL: it is the terminal */
	FILE *file;
	struct editor *editor;	/* of the terminal */
	char *text;		/* of the line */
	size_t size;
	unsigned int number;
	char place[256];	/* begins each complaint */
};

/* Return: 1; 0 at the end; a negative errno. */
static int next_line(struct lines *lines)
{
	ssize_t length;

	if (lines->editor)
		return editor_read(lines->editor, &lines->text);
	errno = 0;
	length = getline(&lines->text, &lines->size, lines->file);
	if (length < 0)
		return ferror(lines->file) ? -errno : 0;
	/* a NUL would hide the rest of the line */
	for (ssize_t i = 0; i < length; i++) {
		if (!lines->text[i])
			lines->text[i] = '?';
	}
	lines->number++;
	snprintf(lines->place, sizeof(lines->place), "%s:%u: ", lines->name,
		 lines->number);
	return 1;
}

/* An error in a line is not one of the command line. */
static enum exit_status status_of(enum exit_status status)
{
	return status == STATUS_USAGE ? STATUS_FILE : status;
}

/* Run lines up to the first that fails; on a terminal run them all. */
static enum exit_status run_lines(struct session *session, struct lines *lines)
{
	enum exit_status status = STATUS_OK;
	int more = 0;

	while (!session->over && (!status || lines->editor)) {
		more = next_line(lines);
		if (more <= 0)
			break;
		complain_of(lines->place);
		status = run_line(session, lines->text);
		/* the writer of the lines may wait for their output */
		if (lines->file == stdin)
			fflush(stdout);
	}
	complain_of("");
	if (more < 0)
		return explain_file(lines->name ? lines->name : "the terminal",
				    more);
	return lines->editor ? STATUS_OK : status_of(status);
}

/* Check all lines of a file before running the first one. */
static enum exit_status run_file(struct session *session, struct lines *lines)
{
	enum exit_status status;

	session->check_only = true;
	status = run_lines(session, lines);
	session->check_only = false;
	session->has_last = false;
	if (status)
		return status;
	rewind(lines->file);
	lines->number = 0;
	return run_lines(session, lines);
}

/* ---- the session ---- */

/* Opened with the session, so that no interrupt of it is lost. */
static int open_irqs(struct session *session)
{
	unsigned int count = 0;
	int error;

	error = dflres_feature_num_irqs(session->feature, &count);
	if (error || !count)
		return error;
	session->irqs = calloc(count, sizeof(*session->irqs));
	if (!session->irqs)
		return -ENOMEM;
	while (!error && session->num_irqs < count) {
		/* another program of the claim may have attached its eventfd */
		error = dflres_irq_open(&session->irqs[session->num_irqs],
					session->claim, session->num_irqs,
					DFLRES_IRQ_WATCH);
		if (!error)
			session->num_irqs++;
	}
	return error;
}

static void close_irqs(struct session *session)
{
	while (session->num_irqs)
		dflres_irq_close(session->irqs[--session->num_irqs]);
	free(session->irqs);
}

static enum exit_status open_lines(struct lines *lines, const char *file)
{
	lines->name = file;
	lines->file = stdin;
	if (file && strcmp(file, "-") != 0) {
		lines->file = fopen(file, "re");
		if (!lines->file)
			return explain_file(file, -errno);
	} else if (!isatty(STDIN_FILENO)) {
		lines->name = "standard input";
	}
	return STATUS_OK;
}

static void close_lines(struct lines *lines)
{
	editor_close(lines->editor);
	if (lines->file && lines->file != stdin)
		fclose(lines->file);
	free(lines->text);
}

/* For completion; a missing file shows when the user names a register. */
static void load_names(struct session *session)
{
	char path[PATH_MAX];

	if (!session->map &&
	    !dflres_regmap_path(session->feature, path, sizeof(path)))
		get_map(session, NULL);
}

static enum exit_status run_session(struct session *session,
				    struct lines *lines)
{
	const bool again = lines->file != stdin &&
			   !fseek(lines->file, 0, SEEK_SET);
	int error;

	error = open_irqs(session);
	if (error)
		return explain(DFLRES_OPERATION_IRQ, session->feature, error);
	if (!lines->name) {
		load_names(session);
		error = editor_open(&lines->editor,
				    dflres_feature_name(session->feature),
				    word_at, session);
		if (error)
			return explain_memory();
	}
	return again ? run_file(session, lines) : run_lines(session, lines);
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	struct lines lines = { 0 };
	enum exit_status status;
	struct session session;

	status = open_lines(&lines, count > 1 ? operands[1] : NULL);
	if (status)
		return status;
	status = session_open(&session, options, operands[0],
			      DFLRES_REGS_GUARD);
	if (!status)
		status = run_session(&session, &lines);
	close_irqs(&session);
	session_close(&session);
	close_lines(&lines);
	return status;
}

const struct command command_shell = {
	.name = "shell",
	.operands = "FEATURE [FILE]",
	.min_operands = 1,
	.max_operands = 2,
	.takes = TAKES_REGISTERS | TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "run commands on one claim, a line each",
	.help = "Each line of FILE, standard input or the terminal is a command: read, write, update,\nexpect, wait, sleep, echo, help or quit, with its options and operands, without the\nfeature. The first line that fails ends the session, except on a terminal. A '#'\nbegins a comment.\n" CLAIMS,
	.run = run,
};
