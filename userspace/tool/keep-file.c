// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a feature that is kept: a setting on each line, its name and its
 * value with a space between them. An administrator may write it by hand.
 */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"

#define SPACES " \t\r"

__attribute__((format(printf, 2, 3)))
static int wrong(char reason[KEEP_REASON_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, KEEP_REASON_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

/* Whether @word is the type of a selector, as dflres_type_name() writes it. */
static bool is_type(const char *word)
{
	unsigned int type;
	char name[16];

	for (type = 0; type <= DFLRES_TYPE_PORT + 1; type++) {
		dflres_type_name(type, name, sizeof(name));
		if (!strcmp(word, name))
			return true;
	}
	if (sscanf(word, "0x%8x", &type) != 1)
		return false;
	dflres_type_name(type, name, sizeof(name));
	return !strcmp(word, name);
}

/*
 * Whether @text is exactly what dflres_feature_selector() gives: so each feature
 * has one selector, and other cards cannot change which card it means.
 */
static bool is_full_selector(const char *text)
{
	unsigned int domain, bus, device, function, id, instance;
	char type[16], again[KEEP_VALUE_MAX];

	if (sscanf(text, "%8x:%2x:%2x.%1x/%15[^:]:0x%8x:%9u", &domain, &bus,
		   &device, &function, type, &id, &instance) != 7)
		return false;
	snprintf(again, sizeof(again), "%04x:%02x:%02x.%x/%s:0x%x:%u", domain,
		 bus, device, function, type, id, instance);
	return device < 32 && function < 8 && is_type(type) &&
	       !strcmp(text, again);
}

static int check_feature(struct keep *keep, const char *value, char *reason)
{
	(void)keep;
	return is_full_selector(value) ? 0 :
	       wrong(reason, "'%s' is not a full selector, as dflres info shows it, such as 0000:3b:00.0/fme:0x10:0",
		     value);
}

/* For users and groups without a name: 1001. */
static bool is_number(const char *value, uint64_t *number)
{
	return strspn(value, "0123456789") == strlen(value) &&
	       !parse_number(value, UINT32_MAX - 1, number);
}

static int check_user(struct keep *keep, const char *value, char *reason)
{
	const struct passwd *user = getpwnam(value);
	uint64_t number = 0;

	if (!user && !is_number(value, &number))
		return wrong(reason, "there is no user '%s'", value);
	if (!user)
		user = getpwuid((uid_t)number);
	keep->uid = user ? user->pw_uid : (uid_t)number;
	keep->gid = user ? user->pw_gid : 0;
	return 0;
}

static int check_group(struct keep *keep, const char *value, char *reason)
{
	const struct group *group = getgrnam(value);
	uint64_t number = 0;

	if (!group && !is_number(value, &number))
		return wrong(reason, "there is no group '%s'", value);
	keep->gid = group ? group->gr_gid : (gid_t)number;
	return 0;
}

static int check_driver(struct keep *keep, const char *value, char *reason)
{
	(void)keep;
	if (!strcmp(value, "dflres"))
		return wrong(reason, "'dflres' is the driver for claims: name a kernel driver");
	return strchr(value, '/') ?
	       wrong(reason, "'%s' is not the name of a driver", value) : 0;
}

static int check_claim(struct keep *keep, const char *value, char *reason)
{
	(void)keep;
	return !strcmp(value, "yes") ? 0 :
	       wrong(reason, "claim can only be 'yes'");
}

static int check_place(struct keep *keep, const char *value, char *reason)
{
	unsigned long long offset;
	char again[KEEP_VALUE_MAX];
	unsigned int bar;

	(void)keep;
	if (sscanf(value, "%1u:0x%16llx", &bar, &offset) == 2) {
		snprintf(again, sizeof(again), "%u:0x%llx", bar, offset);
		if (bar < DFLRES_BARS && !strcmp(value, again))
			return 0;
	}
	return wrong(reason, "'%s' is not BAR:OFFSET, such as 0:0x1000", value);
}

static const struct setting {
	const char *key;
	size_t offset;
	int (*check)(struct keep *keep, const char *value, char *reason);
} settings[] = {
	{ "feature", offsetof(struct keep, feature), check_feature },
	{ "user", offsetof(struct keep, user), check_user },
	{ "group", offsetof(struct keep, group), check_group },
	{ "from", offsetof(struct keep, driver), check_driver },
	{ "claim", offsetof(struct keep, claim), check_claim },
	{ "place", offsetof(struct keep, place), check_place },
};

static char *value_of(const struct keep *keep, const struct setting *setting)
{
	return (char *)keep + setting->offset;
}

int keep_set(struct keep *keep, const char *key, const char *value,
	     char reason[KEEP_REASON_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *setting = &settings[i];
		int error;

		if (strcmp(key, setting->key))
			continue;
		if (!*value)
			return wrong(reason, "%s has no value", key);
		if (strlen(value) >= KEEP_VALUE_MAX)
			return wrong(reason, "the value of %s is too long", key);
		if (*value_of(keep, setting))
			return wrong(reason, "%s is set twice", key);
		error = setting->check(keep, value, reason);
		if (!error)
			strcpy(value_of(keep, setting), value);
		return error;
	}
	return wrong(reason, "there is no setting '%.64s': the settings are feature, user, group, from, claim and place",
		     key);
}

int keep_check(const struct keep *keep, char reason[KEEP_REASON_MAX])
{
	if (!*keep->feature)
		return wrong(reason, "it names no feature");
	if (*keep->user && *keep->group)
		return wrong(reason, "user and group exclude each other");
	if (*keep->claim && *keep->group)
		return wrong(reason, "a claim belongs to one user: claim and group exclude each other");
	return 0;
}

/* A line without its newline; an empty one, and one that is a comment, sets nothing. */
static int parse_line(struct keep *keep, char *line, char *reason)
{
	char *key = line + strspn(line, SPACES);
	char *value = key + strcspn(key, SPACES), *end;

	if (!*key || *key == '#')
		return 0;
	if (*value)
		*value++ = '\0';
	value += strspn(value, SPACES);
	for (end = value + strlen(value); end > value; *--end = '\0') {
		if (!strchr(SPACES, end[-1]))
			break;
	}
	return keep_set(keep, key, value, reason);
}

/* Return: 0 or -EINVAL. @number receives the number of the last line read. */
static int parse_lines(struct keep *keep, FILE *file, unsigned int *number,
		       char reason[KEEP_REASON_MAX])
{
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	for (*number = 0; !error; ) {
		const ssize_t length = getline(&line, &size, file);

		if (length < 0)
			break;
		++*number;
		if (strlen(line) != (size_t)length) {
			error = wrong(reason, "it contains a NUL");
		} else {
			line[strcspn(line, "\n")] = '\0';
			error = parse_line(keep, line, reason);
		}
	}
	free(line);
	return error ? error : keep_check(keep, reason);
}

enum exit_status keep_parse(struct keep *keep, FILE *file)
{
	char reason[KEEP_REASON_MAX];
	unsigned int number;
	int error;

	error = parse_lines(keep, file, &number, reason);
	if (ferror(file))
		return explain_file(keep->path, -errno);
	if (!error)
		return STATUS_OK;
	complain("%s:%u: %s; correct it, or delete the file.", keep->path,
		 number ? number : 1, reason);
	return STATUS_FILE;
}

int keep_print(const struct keep *keep, FILE *file)
{
	fputs("# Made by dflres keep, which dflres(1) describes.\n", file);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *value = value_of(keep, &settings[i]);

		if (*value)
			fprintf(file, "%s %s\n", settings[i].key, value);
	}
	return fflush(file) ? -errno : 0;
}
