// SPDX-License-Identifier: GPL-2.0
/* Numbers as people type them. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

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

/*
 * strtoull() would take spaces and signs, and take 010 for 8, which nobody
 * means who types an offset.
 */
int parse_number(const char *text, uint64_t max, uint64_t *number)
{
	uint64_t value = 0, unit = 1;
	const char *digits;
	int base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (digits = text; digit_of(*text) < base; text++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_of(*text), &value))
			return -ERANGE;
	}
	if (text == digits)
		return -EINVAL;
	if (*text == 'K' || *text == 'k')
		unit = 1024;
	else if (*text == 'M' || *text == 'm')
		unit = 1024 * 1024;
	if (unit > 1)
		text++;
	if (*text)
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
	/* K and M are for sizes */
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
