// SPDX-License-Identifier: GPL-2.0
/* The options of commands, and their help. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "tool.h"

static int set_text(const char **place, const char *text)
{
	*place = text;
	return *text ? 0 : -EINVAL;
}

static int set_width(struct options *options, const char *text)
{
	uint64_t width;

	if (parse_number(text, 64, &width) ||
	    (width != 8 && width != 16 && width != 32 && width != 64))
		return -EINVAL;
	options->width = (unsigned int)width;
	return 0;
}

static int set_offset(struct options *options, const char *text)
{
	return parse_number(text, UINT64_MAX, &options->offset);
}

static int set_length(struct options *options, const char *text)
{
	if (parse_number(text, UINT64_MAX, &options->length))
		return -EINVAL;
	return options->length ? 0 : -EINVAL;
}

static int set_bin(struct options *options, const char *text)
{
	return set_text(&options->bin, text);
}

static int set_irq(struct options *options, const char *text)
{
	uint64_t irq;

	if (parse_number(text, UINT_MAX, &irq))
		return -EINVAL;
	options->irq = (unsigned int)irq;
	return 0;
}

static int set_owner(struct options *options, const char *text)
{
	return parse_owner(text, &options->owner);
}

static int set_timeout(struct options *options, const char *text)
{
	return parse_seconds(text, &options->timeout);
}

static int set_since(struct options *options, const char *text)
{
	return parse_number(text, UINT64_MAX, &options->since);
}

static int set_register(struct options *options, const char *text)
{
	return set_text(&options->reg, text);
}

static int set_registers(struct options *options, const char *text)
{
	return set_text(&options->registers, text);
}

static int set_value(struct options *options, const char *text)
{
	return set_text(&options->value, text);
}

static int set_mask(struct options *options, const char *text)
{
	return parse_number(text, UINT64_MAX, &options->mask);
}

static int set_user(struct options *options, const char *text)
{
	return set_text(&options->user, text);
}

static int set_group(struct options *options, const char *text)
{
	return set_text(&options->group, text);
}

static int set_from(struct options *options, const char *text)
{
	return set_text(&options->from, text);
}

static int set_count(struct options *options, const char *text)
{
	if (parse_number(text, UINT64_MAX, &options->count))
		return -EINVAL;
	return options->count ? 0 : -EINVAL;
}

static int set_interval(struct options *options, const char *text)
{
	return parse_seconds(text, &options->interval);
}

static int set_idle_timeout(struct options *options, const char *text)
{
	return parse_seconds(text, &options->idle_timeout);
}

#define NUMBER "a number, " NUMBERS
#define POSITIVE_NUMBER "a number from 1, " NUMBERS

static const struct known_option {
	uint64_t takes;
	char letter;
	const char *name;
	const char *argument;	/* NULL: none */
	int (*set)(struct options *options, const char *text);
	const char *valid;	/* what the argument can be */
	const char *help;
} known_options[] = {
	{ TAKES_JSON, 'j', "json", NULL, NULL, NULL,
	  "print JSON" },
	{ TAKES_WIDTH, 'w', "width", "BITS", set_width,
	  "8, 16, 32 or 64",
	  "bits of each access: 8, 16, 32 or 64" },
	{ TAKES_TAKE_OVER, 't', "take-over", NULL, NULL, NULL,
	  "take the feature from the kernel driver, if one is bound" },
	{ TAKES_TO_KERNEL, 'k', "to-kernel", NULL, NULL, NULL,
	  "afterwards offer the feature to the kernel's drivers" },
	{ TAKES_OFFSET, 'o', "offset", "OFFSET", set_offset, NUMBER,
	  "begin at OFFSET" },
	{ TAKES_LENGTH, 'l', "length", "LENGTH", set_length,
	  POSITIVE_NUMBER,
	  "end after LENGTH bytes" },
	{ TAKES_BIN, 'b', "bin", "FILE", set_bin,
	  "the name of a file, or '-'",
	  "write the raw bytes to FILE; '-': standard output" },
	{ TAKES_IRQ, 'i', "irq", "N", set_irq,
	  "a number from 0",
	  "wait for interrupt N of the feature" },
	{ TAKES_SINCE, 's', "since", "COUNT", set_since, NUMBER,
	  "do not wait if more than COUNT came in this claim" },
	{ TAKES_OWNER, 'O', "owner", "WORD", set_owner,
	  "none, kernel or user",
	  "wait until the owner is none, kernel or user" },
	{ TAKES_REGISTERS, 'R', "registers", "FILE", set_registers,
	  "the name of a file",
	  "read the names of registers from FILE; see dflres(1)" },
	{ TAKES_NAMES, 'n', "names", NULL, NULL, NULL,
	  "read and show only registers that have names" },
	{ TAKES_REGISTER, 'r', "register", "REGISTER", set_register,
	  "the offset of a register, or its name",
	  "wait until this register has VALUE" },
	{ TAKES_MASK, 'm', "mask", "MASK", set_mask, NUMBER,
	  "only these bits of the register" },
	{ TAKES_VALUE, 'v', "value", "VALUE", set_value, NUMBER,
	  "the value to wait for" },
	{ TAKES_READ_BACK, 'B', "read-back", NULL, NULL, NULL,
	  "afterwards read the register and print its value" },
	{ TAKES_FIFO, 'f', "fifo", NULL, NULL, NULL,
	  "read the same register COUNT times" },
	{ TAKES_INTERVAL, 'I', "interval", "SECONDS", set_interval,
	  "seconds, such as 10 or 0.5",
	  "time between rounds, such as 0.5; default 1" },
	{ TAKES_ROUNDS, 'n', "count", "COUNT", set_count,
	  "a number from 1",
	  "end after COUNT rounds" },
	{ TAKES_EVENTS, 'n', "count", "COUNT", set_count,
	  "a number from 1",
	  "end after COUNT events" },
	{ TAKES_IDLE_TIMEOUT, 'e', "idle-timeout", "SECONDS", set_idle_timeout,
	  "seconds, such as 10 or 0.5",
	  "end after SECONDS without an event" },
	{ TAKES_FROM_BIN, 'b', "bin", "FILE", set_bin,
	  "the name of a file, or '-'",
	  "read the raw bytes from FILE; '-': standard input" },
	{ TAKES_VERIFY, 'v', "verify", NULL, NULL, NULL,
	  "afterwards read the registers, and fail if they differ" },
	{ TAKES_WRITE_COMBINE, 'c', "write-combine", NULL, NULL, NULL,
	  "let the processor combine writes, for memory" },
	{ TAKES_CANONICAL, 'C', "canonical", NULL, NULL, NULL,
	  "also show characters, and '*' for repeated lines" },
	{ TAKES_LONG, 'l', "long", NULL, NULL, NULL,
	  "show all columns, such as the revision" },
	{ TAKES_TYPE, 't', "type", "TYPE", filter_set_type,
	  "fme, port or a number",
	  "only features of this type: fme, port or a number" },
	{ TAKES_ID, 'i', "id", "ID", filter_set_id, NULL,
	  "only this id: a number, or with --type its name" },
	{ TAKES_CARD, 'c', "card", "ADDRESS", filter_set_card, NULL,
	  "only features of the card with this PCI address" },
	{ TAKES_GUID, 'g', "guid", "GUID", filter_set_guid,
	  "a guid, such as 01234567-89ab-cdef-0123-456789abcdef",
	  "only features with this guid" },
	{ TAKES_OWNED_BY, 'O', "owner", "WORD", filter_set_owner,
	  "none, kernel or user",
	  "only features of this owner: none, kernel or user" },
	{ TAKES_REPLACE, 'r', "replace", NULL, NULL, NULL,
	  "become the program: the claims end only with it" },
	{ TAKES_TIMEOUT, 'T', "timeout", "SECONDS", set_timeout,
	  "seconds, such as 10 or 0.5",
	  "wait at most SECONDS for the feature, such as 0.5" },
	{ TAKES_USER, 'u', "user", "USER", set_user, "the name of a user",
	  "let only USER and root claim the feature" },
	{ TAKES_GROUP, 'g', "group", "GROUP", set_group, "the name of a group",
	  "let the members of GROUP claim the feature" },
	{ TAKES_FROM, 'f', "from", "DRIVER", set_from, "the name of a driver",
	  "take the feature from this kernel driver" },
	{ TAKES_CLAIM, 'c', "claim", NULL, NULL, NULL,
	  "claim the feature for the user, so that no driver binds" },
	{ TAKES_LIST, 'l', "list", NULL, NULL, NULL,
	  "list the features that are kept" },
	{ TAKES_REMOVE, 'r', "remove", NULL, NULL, NULL,
	  "stop keeping the feature" },
	{ TAKES_APPLY, 'a', "apply", NULL, NULL, NULL,
	  "apply what is kept for the feature: for udev" },
};

static const struct known_option *find_option(const struct command *command,
					      int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++) {
		if (known_options[i].letter == letter &&
		    (known_options[i].takes & command->takes))
			return &known_options[i];
	}
	return NULL;
}

static void print_usage(const struct command *command)
{
	printf("dflres %s%s%s%s%s", command->name,
	       command->takes ? " [OPTION]..." : "",
	       *command->operands ? " " : "", command->operands,
	       command->takes_program ? " -- PROGRAM [ARGUMENT]..." : "");
}

static void print_option(char letter, const char *name, const char *argument,
			 const char *help)
{
	char words[32];

	snprintf(words, sizeof(words), "%s%s%s", name, argument ? " " : "",
		 argument ? argument : "");
	printf("  -%c, --%-15s  %s\n", letter, words, help);
}

static void print_command_help(const struct command *command)
{
	fputs("Usage: ", stdout);
	print_usage(command);
	printf("\n%c%s.\n", command->summary[0] - 'a' + 'A',
	       command->summary + 1);
	/* a command of a session has none */
	if (command->help)
		puts(command->help);
	puts("\nOptions:");
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++) {
		const struct known_option *option = &known_options[i];

		if (option->takes & command->takes)
			print_option(option->letter, option->name,
				     option->argument,
				     option->takes == TAKES_TIMEOUT &&
				     command->timeout_help ?
				     command->timeout_help : option->help);
	}
	print_option('h', "help", NULL, "print this help and exit");
	if (strstr(command->operands, "FEATURE"))
		puts("\nA FEATURE is dfl_dev.N, or [CARD/]TYPE:ID[:INSTANCE|:any] such as\n3b:00.0/fme:0x10; \":any\" is the first that you can claim.");
	if (strstr(command->operands, "OFFSET") ||
	    command->takes & (TAKES_OFFSET | TAKES_MASK | TAKES_VALUE))
		puts("Numbers are " NUMBERS ".");
}

/* The tables for getopt_long(): the options of @command, and --help. */
struct getopt_tables {
	char letters[2 * ARRAY_SIZE(known_options) + 4];
	struct option options[ARRAY_SIZE(known_options) + 2];
};

static void make_tables(struct getopt_tables *tables,
			const struct command *command)
{
	char *letter = tables->letters;
	struct option *option = tables->options;

	/* it prints no message then, and tells the two errors apart */
	*letter++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++) {
		const struct known_option *known = &known_options[i];

		if (!(known->takes & command->takes))
			continue;
		*letter++ = known->letter;
		if (known->argument)
			*letter++ = ':';
		option->name = known->name;
		option->has_arg = known->argument ? required_argument :
						    no_argument;
		option->val = (unsigned char)known->letter;
		option++;
	}
	*letter = 'h';
	option->name = "help";
	option->val = 'h';
}

/* Whether @word is a number with a sign, which getopt_long() took for an option. */
static bool has_sign(const char *word)
{
	return word && word[0] == '-' && isdigit((unsigned char)word[1]) &&
	       word[1] == optopt;
}

enum exit_status bad_option(const char *command, int result, char **argv)
{
	const char *word = argv[optind - 1];
	char letter[3] = "-?";

	/* within several letters in one word, optind has not passed the word */
	if (strncmp(word, "--", 2) != 0 && optopt) {
		letter[1] = (char)optopt;
		word = letter;
	}
	if (result == ':')
		complain("%s needs an argument; see dflres %s%s--help.", word,
			 command, *command ? " " : "");
	else if (has_sign(argv[optind - 1]) || has_sign(argv[optind]))
		complain("there is no option %s here, and numbers have no sign; see dflres %s%s--help.",
			 letter, command, *command ? " " : "");
	else
		complain("there is no option %s here; see dflres %s%s--help.",
			 word, command, *command ? " " : "");
	return STATUS_USAGE;
}

/* Return: the status; *@done: there is nothing else to do. */
static enum exit_status parse_options(const struct command *command,
				      struct options *options, int argc,
				      char **argv, bool *done)
{
	struct getopt_tables tables = { 0 };
	int result;

	make_tables(&tables, command);
	*done = true;
	/* 0 makes getopt_long() forget the command line before this one */
	optind = 0;
	while ((result = getopt_long(argc, argv, tables.letters,
				     tables.options, NULL)) != -1) {
		const struct known_option *option;

		if (result == 'h') {
			print_command_help(command);
			return STATUS_OK;
		}
		option = find_option(command, result);
		if (!option)
			return bad_option(command->name, result, argv);
		options->given |= option->takes;
		if (option->set && option->set(options, optarg)) {
			complain("invalid value '%s' for --%s: %s.",
				 optarg, option->name, option->valid);
			return STATUS_USAGE;
		}
	}
	*done = false;
	return STATUS_OK;
}

/* Take what follows "--" from @argv, before getopt_long() reorders it. */
static void split_program(struct options *options, int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--")) {
			if (i + 1 < *argc)
				options->program = argv + i + 1;
			argv[i] = NULL;
			*argc = i;
			return;
		}
	}
}

enum exit_status parse_command(const struct command *command,
			       struct options *options, struct words *words,
			       bool *done)
{
	char **argv = words->list;
	enum exit_status status;
	int count;

	if (command->takes_program)
		split_program(options, &words->count, argv);
	status = parse_options(command, options, words->count, argv, done);
	if (*done)
		return status;
	count = words->count - optind;
	*done = true;
	if (command->max_operands >= 0 && count > command->max_operands) {
		complain("%s takes no operand '%s'; see dflres %s --help.",
			 command->name, argv[optind + command->max_operands],
			 command->name);
		return STATUS_USAGE;
	}
	if (count < command->min_operands ||
	    (command->takes_program && !options->program)) {
		complain("%s needs %s%s; see dflres %s --help.", command->name,
			 command->operands,
			 command->takes_program ? " -- PROGRAM" : "",
			 command->name);
		return STATUS_USAGE;
	}
	words->count = count;
	words->list = argv + optind;
	*done = false;
	return STATUS_OK;
}
