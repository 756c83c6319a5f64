// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of sysfs, and the numbers that stand for them. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "internal.h"

/* No word is as long: struct dflres_holder has room for one of 31 and its end. */
#define WORD_MAX 32

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The first of each is not a word of the module: a search skips it. */
#define UNKNOWN 0
static const char unknown_name[] = "unknown";

static const char *const owner_names[] = {
	[DFLRES_OWNER_UNKNOWN] = unknown_name,
	[DFLRES_OWNER_NONE] = "none",
	[DFLRES_OWNER_KERNEL] = "kernel",
	[DFLRES_OWNER_USER] = "user",
};

static const char *const claimable_names[] = {
	[DFLRES_CLAIMABLE_UNKNOWN] = unknown_name,
	[DFLRES_CLAIMABLE_YES] = "yes",
	[DFLRES_CLAIMABLE_OUTSIDE_BAR] = "outside-bar",
	[DFLRES_CLAIMABLE_OVERLAP] = "overlap",
	[DFLRES_CLAIMABLE_MSIX] = "msix",
	[DFLRES_CLAIMABLE_NO_CARD] = "no-card",
};

static const char *const dma_names[] = {
	[DFLRES_DMA_UNKNOWN] = unknown_name,
	[DFLRES_DMA_OFF] = "off",
	[DFLRES_DMA_BLOCKED] = "blocked",
	[DFLRES_DMA_TRANSLATED] = "translated",
	[DFLRES_DMA_WEAK] = "weak",
	[DFLRES_DMA_IDENTITY] = "identity",
	[DFLRES_DMA_UNPROTECTED] = "unprotected",
};

static const char *name_of(unsigned int value, const char *const names[],
			   size_t count)
{
	return value < count ? names[value] : unknown_name;
}

DFLRES_API const char *dflres_owner_name(enum dflres_owner owner)
{
	return name_of(owner, owner_names, LENGTH(owner_names));
}

DFLRES_API const char *dflres_claimable_name(enum dflres_claimable claimable)
{
	return name_of(claimable, claimable_names, LENGTH(claimable_names));
}

DFLRES_API const char *dflres_dma_name(enum dflres_dma dma)
{
	return name_of(dma, dma_names, LENGTH(dma_names));
}

/* A newer module may say this. Anything else is damage, not a word. */
static bool is_word(const char *text)
{
	const size_t length = strlen(text);

	return length && length < WORD_MAX && *text >= 'a' && *text <= 'z' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

/* The place of @word among @names, UNKNOWN, or -EIO. */
static int find_word(const char *word, const char *const names[], size_t count)
{
	for (size_t i = UNKNOWN + 1; i < count; i++) {
		if (!strcmp(word, names[i]))
			return i;
	}
	return is_word(word) ? UNKNOWN : -EIO;
}

int dflres_parse_owner(const char *word, enum dflres_owner *owner)
{
	int place = find_word(word, owner_names, LENGTH(owner_names));

	if (place < 0)
		return place;
	*owner = place;
	return 0;
}

int dflres_parse_claimable(const char *word, enum dflres_claimable *claimable)
{
	int place = find_word(word, claimable_names, LENGTH(claimable_names));

	if (place < 0)
		return place;
	*claimable = place;
	return 0;
}

int dflres_parse_dma(const char *word, enum dflres_dma *dma)
{
	int place = find_word(word, dma_names, LENGTH(dma_names));

	if (place < 0)
		return place;
	*dma = place;
	return 0;
}
