// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who owns a feature: the driver, or the process, its command and its user. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* More than any entry of the user database needs. */
#define PASSWD_MAX 4096

/*
 * Store the UTF-8 character at @s and return its length; 0 if there is none.
 * @least catches encodings that are longer than necessary.
 */
static size_t decode(const unsigned char *s, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
	uint32_t value;

	if ((*s >= 0x80 && *s < 0xc0) || *s >= 0xf8)
		return 0;
	value = length == 1 ? *s : *s & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3fu);
	}
	if (value < least[length] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*character = value;
	return length;
}

/* Not a control, nor a character that moves or turns the text around it. */
static bool is_harmless(uint32_t character)
{
	static const struct { uint32_t first, last; } harmful[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
		{ 0x34f, 0x34f }, { 0x600, 0x605 }, { 0x61c, 0x61c },
		{ 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xffff }, { 0x110bd, 0x110cd },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++) {
		if (character >= harmful[i].first &&
		    character <= harmful[i].last)
			return false;
	}
	return true;
}

/* Put '?' for each character that must not reach a terminal, and for invalid bytes. */
static void make_harmless(char *name)
{
	const unsigned char *from = (const unsigned char *)name;
	char *to = name;

	while (*from) {
		uint32_t character;
		size_t length = decode(from, &character);

		if (length && is_harmless(character)) {
			memmove(to, from, length);
			to += length;
		} else {
			*to++ = '?';
		}
		from += length ? length : 1;
	}
	*to = '\0';
}

static void put_name(char *name, size_t size, const char *text)
{
	snprintf(name, size, "%s", text);
	/* also where it was cut */
	make_harmless(name);
}

static void find_command(struct dflres_holder *holder)
{
	char path[64], comm[sizeof(holder->command)];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)holder->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	length = read(fd, comm, sizeof(comm) - 1);
	close(fd);
	if (length <= 0)
		return;
	if (comm[length - 1] == '\n')
		length--;
	comm[length] = '\0';
	/* a process chooses its name */
	put_name(holder->command, sizeof(holder->command), comm);
}

static void find_user(const struct dflres_feature *feature,
		      struct dflres_holder *holder)
{
	struct passwd entry, *found = NULL;
	char buffer[PASSWD_MAX];

	if (dflres_feature_owner_uid(feature, &holder->uid))
		return;
	if (!getpwuid_r(holder->uid, &entry, buffer, sizeof(buffer), &found) &&
	    found)
		put_name(holder->user, sizeof(holder->user), found->pw_name);
	else
		snprintf(holder->user, sizeof(holder->user), "%u",
			 (unsigned int)holder->uid);
}

DFLRES_API int dflres_feature_holder(const struct dflres_feature *feature,
				     struct dflres_holder *holder)
{
	char word[DFLRES_VALUE_MAX];
	int error;

	memset(holder, 0, sizeof(*holder));
	holder->uid = (uid_t)-1;
	error = dflres_file_read(feature->dir, "dflres/owner", word);
	if (!error)
		error = dflres_parse_owner(word, &holder->owner);
	/* a word fits; what is none could be of any length */
	if (!error)
		strcpy(holder->word, word);
	if (!error && holder->owner == DFLRES_OWNER_USER) {
		if (!dflres_feature_owner_pid(feature, &holder->pid) &&
		    holder->pid)
			find_command(holder);
		find_user(feature, holder);
		return 0;
	}
	/* the driver is known without the module */
	if (dflres_feature_driver(feature, holder->driver,
				  sizeof(holder->driver)))
		holder->driver[0] = '\0';
	return error;
}
