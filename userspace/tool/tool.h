/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the tool dflres(1). */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "dflres.h"

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_FOUND = 3,
	STATUS_BUSY = 4,
	STATUS_REFUSED = 5,
	STATUS_TIMEOUT = 6,
	STATUS_FILE = 7,	/* an error in a file */
};

/* ---- tool.c: the command line ---- */

/* The options that a command takes, as bits. */
#define TAKES_JSON		0x001u
#define TAKES_WIDTH		0x002u
#define TAKES_TAKE_OVER		0x004u
#define TAKES_TO_KERNEL		0x008u
#define TAKES_OFFSET		0x010u
#define TAKES_LENGTH		0x020u
#define TAKES_BIN		0x040u
#define TAKES_IRQ		0x080u
#define TAKES_OWNER		0x100u
#define TAKES_TIMEOUT		0x200u
#define TAKES_SINCE		0x400u
#define TAKES_REGISTER		0x010000u
#define TAKES_MASK		0x020000u
#define TAKES_VALUE		0x040000u
#define TAKES_READ_BACK		0x080000u
#define TAKES_FIFO		0x100000u
#define TAKES_REGISTERS		0x200000u
#define TAKES_NAMES		0x400000u
/* of keep */
#define TAKES_USER		0x01000000u
#define TAKES_GROUP		0x02000000u
#define TAKES_FROM		0x04000000u
#define TAKES_CLAIM		0x08000000u
#define TAKES_LIST		0x10000000u
#define TAKES_REMOVE		0x20000000u
#define TAKES_APPLY		0x40000000u

#define TAKES_LONG		(1ull << 32)
#define TAKES_TYPE		(1ull << 33)
#define TAKES_ID		(1ull << 34)
#define TAKES_CARD		(1ull << 35)
#define TAKES_GUID		(1ull << 36)
#define TAKES_OWNED_BY		(1ull << 37)
#define TAKES_CANONICAL		(1ull << 38)
#define TAKES_FROM_BIN		(1ull << 39)
#define TAKES_VERIFY		(1ull << 40)
#define TAKES_WRITE_COMBINE	(1ull << 41)
#define TAKES_INTERVAL		(1ull << 42)
#define TAKES_ROUNDS		(1ull << 43)
#define TAKES_EVENTS		(1ull << 44)
#define TAKES_IDLE_TIMEOUT	(1ull << 45)
/* of exec */
#define TAKES_REPLACE		(1ull << 46)

/* The options of one command line. */
struct options {
	uint64_t given;		/* TAKES_... */
	unsigned int width;	/* in bits; 0: not given */
	uint64_t offset;
	uint64_t length;
	const char *bin;
	unsigned int irq;
	uint64_t since;
	enum dflres_owner owner;
	int timeout;		/* in milliseconds; -1: not given */
	const char *reg;	/* the operand of --register */
	const char *registers;	/* that of --registers */
	const char *value;	/* that of --value */
	uint64_t mask;
	const char *user, *group, *from;
	char **program;		/* what follows "--", or NULL */
	const char *id;		/* a number or a name */
	struct dflres_filter filter;	/* without the id */
	int interval;		/* in milliseconds */
	int idle_timeout;	/* in milliseconds */
	uint64_t count;		/* of rounds, or of events */
};

struct command {
	const char *name;
	const char *operands;	/* as the help names them */
	int min_operands;
	int max_operands;	/* -1: any number */
	uint64_t takes;
	bool takes_program;
	const char *summary;
	const char *help;	/* the rest of the help text */
	const char *timeout_help;	/* NULL: --timeout is for the feature */
	enum exit_status (*run)(const struct options *options, int count,
				char **operands);
};

extern const struct command command_list, command_map, command_info,
	command_claim, command_release, command_read, command_write,
	command_update, command_dump, command_load, command_wait, command_shell,
	command_exec, command_monitor, command_watch, command_keep,
	command_cdi, command_registers, command_report;

/* ---- complain.c ---- */

/* One sentence on standard error. */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);
/* Begin each complaint with @place, such as "file:3: "; this is not copied. */
void complain_of(const char *place);
/* Write complaints to @file; NULL: to standard error again. */
void complain_to(FILE *file);
/* Also complain in the system's log: nobody sees the standard error of udev's programs. */
extern bool complain_to_log;

/* ---- options.c: the options of commands ---- */

/* The words of a command line; when it has been parsed, its operands. */
struct words {
	int count;
	char **list;
};

/* The defaults. */
#define OPTIONS_INIT { .timeout = -1, .filter = DFLRES_FILTER_INIT, .interval = 1000 }

/*
 * Take the options out of @words, which begin with the command's name. Return: the
 * status; *@done: there is nothing else to do.
 */
enum exit_status parse_command(const struct command *command,
			       struct options *options, struct words *words,
			       bool *done);

/* Complain about the option of @argv that getopt_long() refused; @command: its name, or "". */
enum exit_status bad_option(const char *command, int result, char **argv);

/* ---- number.c: numbers as people type them ---- */

#define NUMBERS "decimal, 0x... or 0b..., with _ between digits, and may end with K, M or G"

/* Return: 0; -EINVAL if @text is no number; -ERANGE if it is above @max. */
int parse_number(const char *text, uint64_t max, uint64_t *number);
/* Seconds with up to three decimals, into milliseconds. */
int parse_seconds(const char *text, int *milliseconds);
/* Whether @text can be the name of a register, and not a number. */
bool is_name(const char *text);

/* ---- clock.c ---- */

/* In milliseconds, from some moment on. */
int64_t clock_now(void);

/* Until @deadline; 0 if it is over. */
static inline int clock_left(int64_t deadline)
{
	int64_t left = deadline - clock_now();

	return left > 0 ? (int)left : 0;
}

/* ---- filter.c: options that select features ---- */

int parse_owner(const char *text, enum dflres_owner *owner);
/* Set the field of the filter. Return: 0 or -EINVAL. */
int filter_set_type(struct options *options, const char *text);
int filter_set_id(struct options *options, const char *text);
int filter_set_card(struct options *options, const char *text);
int filter_set_guid(struct options *options, const char *text);
int filter_set_owner(struct options *options, const char *text);
/* @text is a number, or a name, which needs a type. */
enum exit_status filter_find_id(struct dflres_filter *filter, const char *text);

/* ---- select.c: how a user names a feature ---- */

/* Whether @name is a selector with ":any". */
bool is_any(const char *name);
/* Return: STATUS_OK, or the exit status after a complaint. */
enum exit_status select_feature(struct dflres_feature **feature,
				const char *name);
/* What a command does with an open feature. */
typedef enum exit_status feature_use(const struct dflres_feature *feature,
				     const struct options *options);
enum exit_status with_feature(const char *name, feature_use *use,
			      const struct options *options);

/* ---- status.c: why an operation failed, and the exit status ---- */

/* Complain that @operation on @feature gave @error; return the exit status. */
enum exit_status explain(enum dflres_operation operation,
			 const struct dflres_feature *feature, int error);
/* The same for a feature that the user named so. */
enum exit_status explain_name(enum dflres_operation operation, const char *name,
			      int error);
enum exit_status explain_list(int error);
/* The same for the file @name, which cannot be opened or read. */
enum exit_status explain_file(const char *name, int error);
/* Its exit status alone, where the library has the sentence. */
enum exit_status status_of_file(int error);
enum exit_status explain_memory(void);

/* ---- command-claim.c: the claim that a command works through ---- */

/* What the options say about a claim. */
unsigned int claim_flags(const struct options *options);
int claim_timeout(const struct options *options);
enum dflres_operation claim_operation(unsigned int flags);

enum exit_status claim_names(struct dflres_claim **claims,
			     const char *const names[], size_t count,
			     unsigned int flags, int timeout);
/* Use an existing claim of this user, or claim while the command runs. */
enum exit_status get_access(struct dflres_claim **claim, const char *name,
			    const struct options *options);

/* ---- edit.c: lines typed on a terminal ---- */

struct editor;

/* The words to complete from; NULL behind the last one. */
typedef const char *editor_words(const void *context, size_t index,
				 bool is_first);

/* Return: 0; -ENOMEM. */
int editor_open(struct editor **editor, const char *prompt, editor_words *words,
		const void *context);
/* Return: 1, and *@text is replaced; 0 at the end; a negative errno. */
int editor_read(struct editor *editor, char **text);
void editor_close(struct editor *editor);

/* ---- print.c: what is printed, as text and as JSON ---- */

/*
 * Each command makes one JSON object, and makes its text from that, so both say
 * the same. A member that is null has no value, and the text has "-". The tool
 * could not read a member that is missing, and the text has "?".
 */
enum format {
	FORMAT_PLAIN,	/* strings and numbers as they are */
	FORMAT_HEX,	/* numbers in hexadecimal */
	FORMAT_YESNO,
	FORMAT_OWNER,	/* in the colour of the owner */
	FORMAT_BY,	/* made of driver, pid, command and user */
	FORMAT_ID,	/* with its name, if it has one */
	FORMAT_CARD,	/* without the domain, if that is 0 */
};

struct field {
	const char *title;
	const char *key;
	enum format format;
};

/* Write out what has been printed; complain if that fails. */
enum exit_status flush_output(void);
/* Whether standard output is a terminal that knows more than lines. */
bool print_terminal(void);
/* Whether to use colours. */
bool print_colour(void);
/* This moment, in UTC: "2026-11-26T14:30:00.123Z" */
json_object *json_time(void);
/* @array: one object for each line below the titles. */
void print_table(json_object *array, const struct field *fields, size_t count);
/* A line for each field. */
void print_fields(json_object *object, const struct field *fields,
		  size_t count);
/* All of them on one line, which is written at once. */
void print_line(json_object *object, const struct field *fields, size_t count);
/* The object's, until that changes. */
const char *json_text(json_object *object);
void print_json(json_object *object);
/* The same on one line, which is written at once. */
void print_json_line(json_object *object);
/* A string object in hexadecimal, of @digits at least. */
json_object *json_hex(uint64_t value, int digits);
void json_add(json_object *object, const char *key, json_object *value);

/* ---- session.c: the registers of a feature while a command uses them ---- */

#define DEFAULT_WIDTH 64

struct session {
	const struct options *options;
	const struct dflres_feature *feature;	/* the claim's */
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	unsigned int width;	/* of each access, in bits */
	struct dflres_regmap *map;	/* NULL: not needed yet */
	const char *names;	/* the file of --registers, or NULL */
	const char *name;	/* of the register, if the user named it; or NULL */

	/* Of dflres shell alone, or zero. */
	struct options line;	/* those of the line */
	struct dflres_irq **irqs;
	unsigned int num_irqs;
	bool check_only;	/* access nothing, print nothing, do not wait */
	bool over;		/* no more lines */
	bool has_last;
	uint64_t last;		/* the value that was read last */
};

/* @flags: DFLRES_REGS_...; close the session after an error, too. */
enum exit_status session_open(struct session *session,
			      const struct options *options,
			      const char *feature, unsigned int flags);
void session_close(struct session *session);
/* The names of the registers from a file; STATUS_OK, or it has complained. */
enum exit_status open_map(struct session *session, const char *path);
/* What a command does in a session; the operands are those behind the feature. */
typedef enum exit_status session_use(struct session *session, int count,
				     char **operands);
session_use use_read, use_write, use_update, use_wait;
/* Run @use; the operands are a feature, an offset and one that messages call @second. */
enum exit_status with_session(const struct options *options, int count,
			      char **operands, const char *second,
			      session_use *use);

/* Parse a number of the command line; complaints call it @what. */
enum exit_status get_number(const char *what, const char *text, uint64_t max,
			    uint64_t *number);
/* The address of the first byte, modulo the widest access that there is. */
unsigned int phase_of(const struct dflres_regs *regs);
/*
 * Check that @length bytes from @offset lie in the feature and fit the width;
 * complain if not.
 */
enum exit_status check_range(const struct session *session, uint64_t offset,
			     uint64_t length);
/* Choose the largest width that fits, unless the user chose one. */
void session_choose_width(struct session *session, uint64_t offset,
			  uint64_t length);
uint64_t value_at(const uint8_t *data, unsigned int width);
/* @values: an array of strings; as text, a line for each. */
void print_values(const struct session *session, uint64_t offset,
		  json_object *values);

/* ---- target.c: the register that the user means, or some bits of it ---- */

/* A register and some of its bits. */
struct target {
	uint64_t offset;
	uint64_t mask;
	uint64_t all;		/* the bits of the register */
	bool is_field;		/* values are the field's, not the register's */
};

/* The target's part of the value of its register, and how many digits to show. */
uint64_t target_value(const struct target *target, uint64_t value);
int target_digits(const struct target *target);
/* Look up the names of the registers once; @name: the one that the user gave, or NULL. */
enum exit_status get_map(struct session *session, const char *name);
/* @text: a number or a name. Also sets the session's width and name. */
enum exit_status get_target(struct session *session, const char *text,
			   struct target *target);
/* The new bits of @target, at their places; the others are 0. */
enum exit_status get_bits(const struct target *target, const char *text,
			  uint64_t *bits);

/* cmd-registers.c: dflres dump --names, and with --registers */
enum exit_status dump_names(struct session *session);

/* Help text for a command that needs a claim. */
#define CLAIMS "If the feature has no owner, the command claims it while it runs. It uses a claim of\nthis user as it is."

/* ---- progress.c: how far a long command is ---- */

struct progress {
	uint64_t total;
	bool wanted;		/* and standard error is a terminal */
	bool shown;
	int64_t next;		/* when to show it, in milliseconds */
};

void progress_begin(struct progress *progress, uint64_t total, bool wanted);
void progress_show(struct progress *progress, uint64_t done);
/* Call this before you write anything else to standard error. */
void progress_clear(struct progress *progress);

/* ---- event.c: what happens to a feature, on a line each ---- */

/* @event: "owner", or "new" of a feature that has not been there before */
void event_owner(const struct options *options,
		 const struct dflres_feature *feature, const char *event,
		 enum dflres_owner owner);
void event_irq(const struct options *options,
	       const struct dflres_feature *feature, unsigned int irq,
	       uint64_t count);
void event_gone(const struct options *options,
		const struct dflres_feature *feature);

/* ---- describe.c: a feature as a JSON object ---- */

/*
 * Return: 0; -ENODEV if the feature is gone, and then there is no object.
 * Complains about what it cannot read, and sets *@incomplete.
 */
int describe(const struct dflres_feature *feature, json_object **object,
	     bool *incomplete);
/* What describe() leaves out: claimable, lease and guid. Return: as describe(). */
int describe_details(json_object *object, const struct dflres_feature *feature,
		     bool *incomplete);
void describe_selector(json_object *object,
		       const struct dflres_feature *feature, bool *incomplete);
/* The members owner, driver, pid, command and user. */
void describe_holder(json_object *object, const struct dflres_holder *holder);
/* The same if only @owner is known. */
void describe_owner(json_object *object, const struct dflres_feature *feature,
		    enum dflres_owner owner);
/* How a table of features begins; the keys are those of describe(). */
#define FEATURE_COLUMNS \
	{ "FEATURE", "feature", FORMAT_PLAIN }, \
	{ "CARD", "card", FORMAT_PLAIN }, \
	{ "TYPE", "type", FORMAT_PLAIN }, \
	{ "ID", "id", FORMAT_PLAIN }, \
	{ "NAME", "id_name", FORMAT_PLAIN }, \
	{ "REV", "revision", FORMAT_PLAIN }, \
	{ "SIZE", "size", FORMAT_HEX }

/* The object of a list: its version, whether it is complete, and the list. */
json_object *new_document(const char *key, json_object *list, bool complete);

/* ---- pass.c: pass claims to a program ---- */

/*
 * Call this right before execve(2): it may overwrite descriptors of this process.
 * @listen: also announce the descriptors as a service manager does.
 * Return: 0 or a negative errno.
 */
int pass_claims(struct dflres_claim *const claims[], size_t count, bool listen);

/* ---- cdi-file.c: a specification that container engines read ---- */

/* Stores NULL if there is no feature. Return: 0 or a negative errno. */
typedef int cdi_maker(json_object **specification);
/* Put what @make makes into dflres.json in @directory; make that if necessary. */
int cdi_write(const char *directory, cdi_maker *make);

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
