// SPDX-License-Identifier: LGPL-2.1-or-later
/* The values in files of sysfs: numbers, addresses, resources and GUIDs. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* IORESOURCE_MEM: the others are I/O ports, which hold no features */
#define RESOURCE_MEM 0x200

bool dflres_is_pci_address(const char *s, size_t length)
{
	/* follows the domain; x is a hexadecimal digit, o an octal one */
	static const char tail[] = ":xx:xx.o";
	const size_t domain = length - (sizeof(tail) - 1);

	if (length < sizeof(tail) - 1 + 4 || length >= DFLRES_CARD_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char expected = i < domain ? 'x' : tail[i - domain];

		if (expected == 'x' ? !isxdigit((unsigned char)s[i]) :
		    expected == 'o' ? s[i] < '0' || s[i] > '7' :
		    s[i] != expected)
			return false;
	}
	return true;
}

/* Bridges come before the card in the path: the last address is the card's. */
void dflres_find_card(const char *path, char card[DFLRES_CARD_MAX])
{
	card[0] = '\0';
	while (*path) {
		size_t length = strcspn(path, "/");

		if (dflres_is_pci_address(path, length)) {
			memcpy(card, path, length);
			card[length] = '\0';
		}
		path += length;
		path += strspn(path, "/");
	}
}

/*
 * Parse the number at *@s and move *@s behind it. This is stricter than
 * strtoull(), which accepts spaces, signs and, in base 16, a missing 0x.
 */
static int parse_number(const char **s, int base, uint64_t max,
			uint64_t *number)
{
	const char *digits = *s;
	unsigned long long value;
	char *end;

	if (base == 16) {
		if (strncmp(digits, "0x", 2))
			return -EIO;
		digits += 2;
	}
	if (!isxdigit((unsigned char)*digits) || !strncmp(digits, "0x", 2))
		return -EIO;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (errno || end == digits || value > max)
		return -EIO;
	*s = end;
	*number = value;
	return 0;
}

int dflres_parse_number(const char *text, int base, uint64_t max,
			uint64_t *number)
{
	uint64_t value;
	int error;

	error = parse_number(&text, base, max, &value);
	if (error)
		return error;
	if (*text)
		return -EIO;
	*number = value;
	return 0;
}

int dflres_parse_resource(const char *s, struct dflres_resource *resource)
{
	uint64_t *const fields[] = {
		&resource->start, &resource->end, &resource->flags
	};
	int error;

	for (size_t i = 0; i < 3; i++) {
		if (i && *s++ != ' ')
			return -EIO;
		error = parse_number(&s, 16, UINT64_MAX, fields[i]);
		if (error)
			return error;
	}
	return *s || resource->end < resource->start ? -EIO : 0;
}

/* The line of a missing BAR is all zero; then @bar is, too. */
static int parse_bar(const char *line, struct dflres_resource *bar)
{
	int error = dflres_parse_resource(line, bar);

	if (!error && !(bar->flags & RESOURCE_MEM))
		memset(bar, 0, sizeof(*bar));
	return error;
}

int dflres_parse_bars(char *lines, struct dflres_resource bars[DFLRES_BARS])
{
	for (size_t i = 0; i < DFLRES_BARS && lines; i++) {
		const char *line = strsep(&lines, "\n");
		int error = parse_bar(line, &bars[i]);

		if (error)
			return error;
	}
	return 0;
}

bool dflres_is_guid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != strlen(form))
		return false;
	for (; *text; text++) {
		const char *place = form + sizeof(form) - 1 - strlen(text);

		if (*place == '-' ? *text != '-' : !isxdigit((unsigned char)*text))
			return false;
	}
	return true;
}
