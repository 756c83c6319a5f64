// SPDX-License-Identifier: GPL-2.0
/* Numbers as people type them. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "tool.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* The base, by the prefix of *@text, which it skips. */
static int take_base(const char **text)
{
	int base = 10;

	if (!strncasecmp(*text, "0x", 2))
		base = 16;
	else if (!strncasecmp(*text, "0b", 2))
		base = 2;
	if (base != 10)
		*text += 2;
	return base;
}

/* The unit, by the last character; 0: there is something else. */
static uint64_t unit_of(const char *text)
{
	static const char letters[] = "KMG";
	const char *letter;

	if (!*text)
		return 1;
	letter = strchr(letters, toupper((unsigned char)*text));
	if (!letter || text[1])
		return 0;
	return UINT64_C(1024) << 10 * (letter - letters);
}

/*
 * strtoull() would accept spaces and signs, and take 010 for 8, which no user
 * means by an offset. A '_' stands between two digits.
 */
int parse_number(const char *text, uint64_t max, uint64_t *number)
{
	const int base = take_base(&text);
	const char *digits = text;
	uint64_t value = 0, unit;

	for (; digit_of(*text) < base; text++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_of(*text), &value))
			return -ERANGE;
		if (text[1] == '_' && digit_of(text[2]) < base)
			text++;
	}
	unit = unit_of(text);
	if (text == digits || !unit)
		return -EINVAL;
	if (__builtin_mul_overflow(value, unit, &value) || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}

int parse_seconds(const char *text, int *milliseconds)
{
	char whole[32];
	const char *point = strchr(text, '.');
	size_t length = point ? (size_t)(point - text) : strlen(text);
	uint64_t seconds;
	int fraction = 0, unit = 100;

	if (length >= sizeof(whole))
		return -EINVAL;
	memcpy(whole, text, length);
	whole[length] = '\0';
	/* K, M and G are for sizes */
	if (strspn(whole, "0123456789") != length)
		return -EINVAL;
	if (parse_number(whole, INT_MAX / 1000 - 1, &seconds))
		return -EINVAL;
	if (point) {
		const char *digit = point + 1;

		for (; *digit >= '0' && *digit <= '9' && unit; digit++) {
			fraction += (*digit - '0') * unit;
			unit /= 10;
		}
		if (*digit || digit == point + 1)
			return -EINVAL;
	}
	*milliseconds = (int)seconds * 1000 + fraction;
	return 0;
}

bool is_name(const char *text)
{
	return isalpha((unsigned char)*text) || *text == '_';
}
