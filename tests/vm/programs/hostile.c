// SPDX-License-Identifier: GPL-2.0
/*
 * hostile [SEED [CARDS [nested]]]: cards whose lists of features lie
 *
 * Card N is made of the seed N alone, so "hostile N 1" makes it again. Most of a list is sound, and by chance some of
 * it is not. The kernel refuses part of these cards as a whole. On the others every feature is claimed that can be, by
 * an unprivileged user and by root, and each byte that dflres then gives is compared with the one that belongs there:
 * the BAR is plain memory and is filled with numbers that tell their places.
 *
 * What a feature is and who may have it is computed here from what has been written to the card, and from nothing that
 * the kernel says.
 *
 * These are left out, for they make the kernel's own dfl.c fail, with or without dflres:
 *   - a DFHv1 header that ends behind the BAR, and parameters that do: it reads what is not mapped
 *   - parameters whose length, in bytes, overflows an int: its loop may not end
 *   - an MSI-X parameter without its word, or whose first and count overflow in sum: it reads outside of its tables
 *   - a feature inside another one of the same FIU, or inside one of an FIU that is removed before: the outer one is
 *     freed while the inner one's resource still points to it. One of the FME inside one of a port is fine. With the
 *     word nested there are those of the same FIU as well: for the debug kernel, whose dfl.c is mended
 *   - a feature that holds an FIU's header or a whole BAR: these drop out of the kernel's resource tree for good
 *   - an FIU header of version 1 (its registers may be System RAM, and ioremap() warns), a second FME (a reference is
 *     lost), an accelerator without a size and more than four ports (it warns)
 */

#define _GNU_SOURCE
#include "guest.h"
#include "random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* First word of a header: drivers/fpga/dfl.h */
#define TYPE_AFU 1ULL
#define TYPE_PRIVATE 3ULL
#define TYPE_FIU 4ULL
#define HEADER(type, version, eol, next, id) \
	((uint64_t)(type) << 60 | (uint64_t)(version) << 52 | (uint64_t)(eol) << 40 | (uint64_t)(next) << 16 | (id))
#define V1_FIXED 0x28

/* Each FIU has its list at the beginning of its part of the BAR; the registers of DFHv1 features are behind that */
#define PART 0x400000
#define LIST_SPACE 0x100000
#define MAX_PORTS 2
#define AFU_SIZE 0x10000ULL

/* What is wrong with a card, apart from where its DFHv1 features lie */
enum fault {
	SOUND,
	PAST_BAR,
	NO_END,
	UNKNOWN_FIU,
	BACK_TO_FME,
	PORT_TWICE,
	OVER_PORT,
	AFU_OVER_FEATURE,
	V0_FAULTS,	/* the rest needs DFHv1 */
	CSR_EMPTY = V0_FAULTS,
	CSR_ACROSS_BAR_END,
	CSR_HUGE,
	CSR_WRAPS,
	CSR_IN_PART_OF_ANOTHER,
	PARAMS_ENDLESS,
	PARAM_OF_NO_LENGTH,
	TOO_MANY_VECTORS,
	FAULTS
};

static const char *const fault_names[] = {
	[PAST_BAR] = "a feature goes past the BAR",
	[NO_END] = "the list has no end",
	[UNKNOWN_FIU] = "an FIU of no known kind",
	[BACK_TO_FME] = "a port is the FME itself",
	[PORT_TWICE] = "two ports are one",
	[OVER_PORT] = "a feature reaches into a port",
	[AFU_OVER_FEATURE] = "an accelerator lies over a feature",
	[CSR_EMPTY] = "registers of no length",
	[CSR_ACROSS_BAR_END] = "registers across the end of the BAR",
	[CSR_HUGE] = "registers of 4 GiB",
	[CSR_WRAPS] = "registers across the end of all addresses",
	[CSR_IN_PART_OF_ANOTHER] = "registers in a part of another feature",
	[PARAMS_ENDLESS] = "parameters without an end",
	[PARAM_OF_NO_LENGTH] = "a parameter without a length",
	[TOO_MANY_VECTORS] = "more interrupts than the card has",
};

/* Where a DFHv1 feature says that its registers are */
enum place { FREE, OWN_HEADER, FIU_HEADER, OUTSIDE, AROUND_OTHERS, PLACES };

/* What the list gives to somebody: a feature on the bus, or (id 0) an FIU, its accelerator or its driver */
struct extent {
	uint64_t start, end;
	unsigned int id, fiu;
};

static struct {
	enum fault fault;
	struct extent extents[80];
	unsigned int nr_extents, next_id;
	uint64_t free;		/* offset of the space for registers that is left in the current FIU's part */
	unsigned int fiu;	/* 0 is the FME */
	bool broken;		/* the fault has been put in */
} card;

static char card_dir[256];
static volatile uint8_t *bar;
static size_t bar_size;
static uint64_t bar_start;
static uint8_t *shadow;		/* what the BAR must hold */
static bool knows_v1, nested;

static const struct {
	const char *name;
	uint64_t offset, size;
} other_places[] = {
	{ "System RAM", 0x100000, 0x2000 },
	{ "Kernel code", 0x1000, 0x1000 },
	{ "Local APIC", 0x300, 0x100 },
	{ "IOAPIC 0", 0, 0x20 },
	{ "System ROM", 0x1000, 0x1000 },
	{ "Reserved", 0x10, 0x10 },
	{ NULL, 0x100, 0x800 },			/* the other PCI device's BAR */
};
static uint64_t other_starts[ARRAY_SIZE(other_places)];

/* Shared with the processes that use the cards */
static struct {
	unsigned int refused_cards, features, claimed, mapped, refused, faults[FAULTS];
} *seen;

/* The card */

static void word(uint64_t at, uint64_t value)
{
	memcpy((void *)(bar + at), &value, sizeof(value));
}

static void add_extent(uint64_t start, uint64_t size, unsigned int id)
{
	if (card.nr_extents == ARRAY_SIZE(card.extents))
		bail("a card has less than %zu extents", ARRAY_SIZE(card.extents));
	card.extents[card.nr_extents++] = (struct extent){ start, start + size - 1, id, card.fiu };
}

static bool overlap(const struct extent *a, const struct extent *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* Once for each card that has the fault, at a place that chance decides */
static bool here(enum fault fault)
{
	if (card.fault != fault || card.broken || one_in(3))
		return false;
	card.broken = true;
	return true;
}

static uint64_t some_size(uint64_t at)
{
	static const unsigned int sizes[] = { 8, 0x10, 0x18, 0x40, 0x100, 0x800, 0x1000, 0x2000, 0x8000 };

	switch (below(4)) {
	case 0:
		return 8 + below(0x3000);	/* any number of bytes */
	case 1:
		return 8 + 8 * below(0x400);
	case 2:					/* the next one begins with a page */
		return PAGE - at % PAGE >= 8 ? PAGE - at % PAGE : 2 * PAGE - at % PAGE;
	default:
		return sizes[below(ARRAY_SIZE(sizes))];
	}
}

/* Registers in space that nobody has. An absolute address is even. */
static uint64_t free_space(uint64_t *size)
{
	uint64_t start = (card.free + below(3 * PAGE) + 1) & -2UL;

	*size = one_in(3) ? 1 + below(3 * PAGE) : PAGE << below(4);
	if (!one_in(3))
		start = (start + PAGE - 1) & -PAGE;
	card.free = start + *size;
	return bar_start + start;
}

/* From the beginning of a feature of the FME to the end of the same or a later one, so that none is cut in two */
static uint64_t around_others(uint64_t *size)
{
	const struct extent *first, *last, *end = card.extents + card.nr_extents;

	for (first = card.extents + 1; first < end && !one_in(3); first++)
		;
	if (first >= end || !first->id || first->fiu || first->start & 1)
		return free_space(size);
	for (last = first; last + 1 < end && last[1].start == last->end + 1 && one_in(2); last++)
		;
	*size = last->end + 1 - first->start;
	if (nested && one_in(2))
		*size = (first->end - first->start) / 2 + 1;
	return first->start;
}

static uint64_t outside(uint64_t *size)
{
	unsigned int i = below(ARRAY_SIZE(other_places) + 2);

	if (i < ARRAY_SIZE(other_places) && other_starts[i]) {
		*size = other_places[i].size;
		return other_starts[i] + other_places[i].offset;
	}
	*size = PAGE;
	return i % 2 ? bar_start + bar_size : 1ULL << 38 | below(1 << 20) << 12;
}

/* Would dfl.c fail? See the top: of extents of features, one may only be around those of an FIU before. */
static bool kernel_minds(uint64_t start, uint64_t size)
{
	const struct extent new = { .start = start, .end = start + size - 1 };
	const struct extent *old;

	for (old = card.extents; old < card.extents + card.nr_extents; old++) {
		bool around = new.start <= old->start && new.end >= old->end;
		bool inside = old->start <= new.start && old->end >= new.end;

		if (!overlap(&new, old) || (nested && old->id && old->fiu == card.fiu && (around || inside)))
			continue;
		if (around ? !old->id || old->fiu == card.fiu : old->id)
			return true;
	}
	return false;
}

/* The addresses that a list gives for a feature whose header is at the offset, and spans so many bytes */
static uint64_t registers_of(uint64_t at, uint64_t span, uint64_t *size)
{
	const struct extent *other = &card.extents[card.nr_extents - 1];
	uint64_t start;

	if (here(CSR_EMPTY)) {
		*size = 0;
		return bar_start + card.free;
	}
	if (here(CSR_ACROSS_BAR_END)) {
		*size = 2 * PAGE;
		return bar_start + bar_size - PAGE;
	}
	if (here(CSR_HUGE)) {
		*size = UINT32_MAX;
		return bar_start + card.free;
	}
	if (here(CSR_WRAPS)) {
		*size = 2 * PAGE;
		return -PAGE;
	}
	if (other->end > other->start + 8 && here(CSR_IN_PART_OF_ANOTHER)) {
		*size = PAGE;
		return other->end & ~1ULL;
	}
	/* a free place is more likely than all others together */
	switch (one_in(2) ? FREE : (enum place)below(PLACES)) {
	case OWN_HEADER:
		start = (bar_start + at + 1) & ~1ULL;
		*size = 1 + below(span - 1);
		break;
	case FIU_HEADER:
		start = card.extents[0].start + 8 * (1 + below(4));
		*size = 8;
		break;
	case OUTSIDE:
		start = outside(size);
		break;
	case AROUND_OTHERS:
		start = around_others(size);
		break;
	default:
		return free_space(size);
	}
	return kernel_minds(start, *size) ? free_space(size) : start;
}

/* Parameters, each with the number of its words; the last one of a list says so. Where they end. */
static uint64_t add_params(uint64_t at)
{
	unsigned int i, words, n = below(4);
	bool endless = here(PARAMS_ENDLESS);
	uint64_t header;

	if (endless)
		n = 100;
	for (i = 0; i < n; i++) {
		words = 2 + below(6);
		header = 2 + below(1000);
		if (here(TOO_MANY_VECTORS)) {
			header = 1;
			word(at + 8, 1ULL << 50);
		}
		if (!here(PARAM_OF_NO_LENGTH))
			header |= (uint64_t)words << 35;
		if (i + 1 == n && !endless)
			header |= 1ULL << 32;
		word(at, header);
		at += 8 * words;
	}
	return at;
}

/* What distinguishes DFHv1; the distance to the next header */
static uint64_t add_v1(uint64_t at, unsigned int id)
{
	uint64_t end = add_params(at + V1_FIXED), start, size;

	start = registers_of(at, end - at, &size);
	if (start > bar_start + at && one_in(2))
		word(at + 0x18, (start - bar_start - at) << 1);
	else
		word(at + 0x18, start | 1);
	word(at + 0x20, size << 32 | (uint64_t)(end > at + V1_FIXED) << 31);
	add_extent(start, size, id);
	return end - at + below(0x100);
}

/* One header that is no FIU's; where the next one goes, or 0 */
static uint64_t add_feature(uint64_t at, bool last)
{
	/* what is large enough to reach into a port would have the registers of DFHv1 features in it, see the top */
	unsigned int id = card.next_id++, version = knows_v1 && card.fault != OVER_PORT && one_in(2);
	bool end = last || one_in(20), past_bar = here(PAST_BAR);
	uint64_t size = some_size(at), type = TYPE_PRIVATE;

	if (here(UNKNOWN_FIU)) {
		word(at, HEADER(TYPE_FIU, 0, end, size, 7));
		return end ? 0 : at + size;
	}
	if (one_in(15)) {
		/* an accelerator has no place in the FME's list, the others have none anywhere */
		type = card.fiu ? 5 + below(11) : below(3);
	} else if (version && !past_bar) {
		size = add_v1(at, id);
	} else {
		version = one_in(20) ? 2 + below(254) : 0;
		if (here(OVER_PORT))
			size = PART + PAGE;
		/* dfl-fme takes these for itself, and uses registers that a smaller one does not have */
		if (!card.fiu && one_in(10)) {
			id = (unsigned int[]){ 1, 2, 4 }[below(3)];
			size += PAGE;
		}
		if (end && one_in(4))
			size = PAGE;
		add_extent(bar_start + at, size, id < 0x100 ? 0 : id);
	}
	if (past_bar)
		size = 0xffffff;
	/* 0 stands for a page, and for the end */
	word(at, HEADER(type, version, end && !here(NO_END), end && size == PAGE ? 0 : size, id));
	return end || past_bar ? 0 : at + size;
}

static void add_features(uint64_t at)
{
	unsigned int i, n = below(12);

	card.free = (at & ~(PART - 1ULL)) + LIST_SPACE;
	for (i = 0; i <= n && at; i++)
		at = add_feature(at, i == n);
}

static void add_port(unsigned int n)
{
	uint64_t at = (n + 1) * PART, size = 0x80 + below(0x2000), afu, entry = at;

	if (n && here(PORT_TWICE))
		entry = PART;
	if (here(BACK_TO_FME))
		entry = 0;
	word(0x38 + 8 * n, entry | 1ULL << 60);
	add_extent(bar_start + at, size, 0);
	if (one_in(2)) {
		afu = here(AFU_OVER_FEATURE) ? size : LIST_SPACE - AFU_SIZE;
		word(at + 0x18, afu);
		add_extent(bar_start + at + afu, AFU_SIZE, 0);
	}
	word(at + 0x30, n | AFU_SIZE >> 10 << 8);
	word(at, HEADER(TYPE_FIU, 0, 0, size, 1));
	add_features(at + size);
}

/* The same seed, the same card */
static void lay(uint64_t seed)
{
	unsigned int i, ports;
	uint64_t size;

	random_state = seed;
	memset(&card, 0, sizeof(card));
	card.next_id = 0x100;
	if (one_in(2))
		card.fault = 1 + below((knows_v1 ? FAULTS : V0_FAULTS) - 1);
	for (size = 0; size < bar_size; size += 8)
		word(size, 0);

	size = one_in(2) ? PAGE : 0x80 + below(0x2000);
	add_extent(bar_start, size, 0);
	word(0, HEADER(TYPE_FIU, 0, 0, size, 0));
	add_features(size);
	ports = below(MAX_PORTS + 1);
	word(0x30, (uint64_t)ports << 17);
	for (i = 0; i < ports; i++) {
		card.fiu++;
		add_port(i);
	}
}

/* What must be: nobody has a byte of another one's, and all of it is in the card's BAR */
static bool may_be_claimed(const struct extent *extent)
{
	const struct extent *other;

	if (extent->start < bar_start || extent->end >= bar_start + bar_size)
		return false;
	for (other = card.extents; other < card.extents + card.nr_extents; other++)
		if (other != extent && overlap(extent, other))
			return false;
	return true;
}

static bool may_be_mapped(const struct extent *extent)
{
	return may_be_claimed(extent) && extent->start % PAGE == 0 && (extent->end + 1) % PAGE == 0;
}

/* The BAR's contents */

static void fill(uint64_t seed)
{
	uint64_t at, value;

	for (at = 0; at < bar_size; at += 8) {
		value = (at + 1) * 0x9e3779b97f4a7c15 ^ seed;
		word(at, value);
		memcpy(shadow + at, &value, sizeof(value));
	}
}

static unsigned int changed_bytes(void)
{
	unsigned int bad = 0;
	uint64_t at, got, want;

	for (at = 0; at < bar_size; at += 8) {
		got = *(volatile uint64_t *)(bar + at);
		memcpy(&want, shadow + at, sizeof(want));
		if (got == want)
			continue;
		if (!bad++)
			note("BAR 0 at 0x%" PRIx64 ": 0x%" PRIx64 ", should be 0x%" PRIx64, at, got, want);
	}
	return bad;
}

/* One claim: all that can be done with it is compared with the BAR, where its list says that it is */

struct claim {
	const struct extent *extent;
	char name[32];
	int lease;
};

static unsigned int complain(const struct claim *claim, const char *what, uint64_t offset)
{
	note("%s, feature 0x%x: %s (0x%" PRIx64 ")", claim->name, claim->extent->id, what, offset);
	return 1;
}

static unsigned int check_read(const struct claim *claim, int fd, uint64_t offset, size_t count)
{
	uint64_t size = claim->extent->end + 1 - claim->extent->start;
	static uint8_t buf[4 * MAX_PAGE];
	size_t want = count < PAGE ? count : PAGE;
	ssize_t got = pread(fd, buf, count, offset);

	if (offset >= size)
		want = 0;
	else if (size - offset < want)
		want = size - offset;
	if (got != (ssize_t)want)
		return complain(claim, "a read has another length", offset);
	if (memcmp(buf, shadow + (claim->extent->start - bar_start) + offset, want))
		return complain(claim, "a read gives other bytes", offset);
	return 0;
}

static unsigned int check_write(const struct claim *claim, int fd, uint64_t offset, size_t count)
{
	uint64_t size = claim->extent->end + 1 - claim->extent->start;
	static uint8_t buf[4 * MAX_PAGE];
	size_t i, want = count < PAGE ? count : PAGE;
	ssize_t got;

	for (i = 0; i < count; i++)
		buf[i] = rnd();
	got = pwrite(fd, buf, count, offset);
	if (offset >= size)
		return got < 0 && errno == EFBIG ? 0 : complain(claim, "a write past the end", offset);
	if (size - offset < want)
		want = size - offset;
	if (got != (ssize_t)want)
		return complain(claim, "a write has another length", offset);
	memcpy(shadow + (claim->extent->start - bar_start) + offset, buf, want);
	return 0;
}

static unsigned int check_map(const struct claim *claim, int fd)
{
	const struct extent *extent = claim->extent;
	uint64_t size = extent->end + 1 - extent->start, mapped = (size + PAGE - 1) & -PAGE, at;
	uint8_t *want = shadow + (extent->start - bar_start);
	volatile uint8_t *map = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unsigned int bad = 0;

	if (!may_be_mapped(extent))
		return map == MAP_FAILED && errno == ENODEV ? 0 : complain(claim, "maps", mapped);
	if (map == MAP_FAILED)
		return complain(claim, "does not map", mapped);
	seen->mapped++;
	for (at = 0; at < mapped; at++)
		if (map[at] != want[at])
			bad++;
	for (at = below(64); at < mapped; at += 1 + below(PAGE))
		map[at] = want[at] = rnd();
	munmap((void *)map, mapped);
	if (bad)
		complain(claim, "bytes of the mapping are others", bad);
	if (mmap(NULL, mapped + PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED)
		bad += complain(claim, "maps a page more", mapped);
	if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, mapped) != MAP_FAILED)
		bad += complain(claim, "maps the page after", mapped);
	return bad;
}

static unsigned int use(const struct claim *claim)
{
	uint64_t size = claim->extent->end + 1 - claim->extent->start, offset, step;
	int fd = open_file(claim->name, "dflres/resource0", O_RDWR);
	unsigned int i, bad = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return complain(claim, "resource0 does not open", 0);
	if ((uint64_t)st.st_size != size)
		bad += complain(claim, "resource0 has another size", st.st_size);
	for (offset = 0; offset < size && !bad; offset += step) {
		step = one_in(2) ? PAGE : 1 + below(PAGE);
		bad += check_read(claim, fd, offset, step);
	}
	for (i = 0; i < 20; i++) {
		bad += check_write(claim, fd, below(size + 16), 1 + below(one_in(2) ? 16 : 3 * PAGE));
		bad += check_read(claim, fd, below(size + 16), 1 + below(one_in(2) ? 16 : 3 * PAGE));
	}
	bad += check_write(claim, fd, size, 1) + check_write(claim, fd, size - 1, 8);
	bad += check_map(claim, fd);
	close(fd);
	return bad;
}

static unsigned int claim_one(struct claim *claim)
{
	bool may = may_be_claimed(claim->extent);
	int ret;

	claim->lease = -1;
	if (reg_start(claim->name) != claim->extent->start ||
	    reg_size(claim->name) != claim->extent->end + 1 - claim->extent->start)
		return complain(claim, "is not where its list says", reg_start(claim->name));
	if (strcmp(get(claim->name, "dflres/mappable"), may_be_mapped(claim->extent) ? "1" : "0"))
		return complain(claim, "mappable is wrong", !may_be_mapped(claim->extent));
	if (one_in(2))
		claim->lease = new_event();
	ret = claim->lease < 0 ? set_owner(claim->name, "user") : take_lease(claim->name, claim->lease);
	if (ret != (may ? 0 : -ENXIO))
		return complain(claim, may ? "cannot be claimed" : "a claim is not refused with ENXIO", -ret);
	if (!may && has_file(claim->name, "dflres/resource0"))
		return complain(claim, "there are registers without a claim", 0);
	return 0;
}

static unsigned int release_one(const struct claim *claim)
{
	if (claim->lease >= 0)
		close(claim->lease);
	else
		set_owner(claim->name, one_in(2) ? "none" : "kernel");
	return owner_becomes(claim->name, "none") ? 0 : complain(claim, "is not released", 0);
}

/* All features of the card; how many errors */
static unsigned int find_features(struct claim *claims, unsigned int *nr)
{
	DIR *dir = opendir("/sys/bus/dfl/devices");
	struct dirent *entry;
	unsigned int i, id;

	*nr = 0;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(claims[*nr].name, sizeof(claims[*nr].name), "%.31s", entry->d_name);
		id = strtoul(get(entry->d_name, "feature_id"), NULL, 0);
		for (i = 0; i < card.nr_extents && card.extents[i].id != id; i++)
			;
		if (i == card.nr_extents) {
			note("%s: the card has no feature 0x%x", entry->d_name, id);
			return 1;
		}
		claims[(*nr)++].extent = &card.extents[i];
	}
	if (dir)
		closedir(dir);
	return 0;
}

/* As whoever calls it. All are claimed at the same time. */
static int use_card(const void *unused)
{
	static struct claim claims[ARRAY_SIZE(card.extents)];
	unsigned int i, n, bad;

	(void)unused;
	bad = find_features(claims, &n);
	for (i = 0; i < n; i++)
		bad += claim_one(&claims[i]);
	for (i = 0; i < n; i++)
		if (may_be_claimed(claims[i].extent))
			bad += use(&claims[i]);
	bad += changed_bytes();
	for (i = 0; i < n; i++) {
		seen->features++;
		if (!may_be_claimed(claims[i].extent)) {
			seen->refused++;
			continue;
		}
		seen->claimed++;
		bad += release_one(&claims[i]);
	}
	return bad < 99 ? bad : 99;
}

/* alice may claim all that the card has */
static void delegate(void)
{
	sh("chgrp %u /sys/bus/dfl/devices/*/dflres/owner /sys/bus/dfl/devices/*/dflres/lease 2>/dev/null", ALICE);
	sh("chmod 0664 /sys/bus/dfl/devices/*/dflres/owner /sys/bus/dfl/devices/*/dflres/lease 2>/dev/null");
}

static void try_card(uint64_t seed)
{
	int mark, bad = 0;

	sh("card unbind; echo 1 >%s/enable", card_dir);
	lay(seed);
	sh("echo 0 >%s/enable", card_dir);
	seen->faults[card.fault] += card.broken;
	if (sh("card bind 2>/dev/null")) {
		seen->refused_cards++;
		return;
	}
	fill(seed);
	delegate();
	mark = log_mark();
	bad += as_user(ALICE, use_card, NULL);
	bad += finish(background(use_card, NULL));
	bad += log_lines_since(mark);
	/* the drivers of the FIUs read their headers once more */
	lay(seed);
	if (bad)
		note("again by: hostile %" PRIu64 " 1", seed);
	is(bad, 0, "nothing is wrong with card %" PRIu64 ", with %u extents: %s", seed, card.nr_extents,
	   card.broken ? fault_names[card.fault] : "sound");
}

/* The places outside of the card that a list may point to */
static void find_other_places(void)
{
	const char *card_name = strrchr(card_dir, '/') + 1;
	unsigned long long start, end;
	char line[256], *name;
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned int i;

	while (iomem && fgets(line, sizeof(line), iomem)) {
		name = strstr(line, " : ");
		if (!name || sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		name += 3;
		name[strcspn(name, "\n")] = '\0';
		for (i = 0; i < ARRAY_SIZE(other_places); i++) {
			bool pci = !strncmp(name, "0000:", 5) && strcmp(name, card_name);

			if (other_places[i].name ? !strcmp(name, other_places[i].name) : pci &&
			    end + 1 - start > other_places[i].offset + other_places[i].size)
				other_starts[i] = start;
		}
		if (!strcmp(name, card_name) && !bar_start)
			bar_start = start;
	}
	if (iomem)
		fclose(iomem);
	if (!bar_start)
		bail("BAR 0 is in /proc/iomem");
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned int i, n = argc > 2 ? strtoul(argv[2], NULL, 0) : 60;

	nested = argc > 3 && !strcmp(argv[3], "nested");
	setup("basic");
	sh("card unbind");
	strcpy(card_dir, card_path());
	knows_v1 = kernel_version() >= 604;
	bar = bar_map(&bar_size);
	find_other_places();
	shadow = mmap(NULL, bar_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shadow == MAP_FAILED || seen == MAP_FAILED)
		bail("there is enough memory for the test");

	for (i = 0; i < n; i++) {
		try_card(seed + i);
		if (i % 20 == 19 || i + 1 == n)
			note("seed %" PRIu64 ": %u of %u cards, %u of them refused by the kernel; %u features, "
			     "%u claimed, %u mapped, %u refused", seed, i + 1, n, seen->refused_cards,
			     seen->features, seen->claimed, seen->mapped, seen->refused);
	}
	for (i = 1; i < FAULTS; i++)
		if (seen->faults[i])
			note("%u times %s", seen->faults[i], fault_names[i]);
	if (n >= 20)
		ok(seen->claimed && seen->mapped && (seen->refused || !knows_v1),
		   "features were claimed, mapped and refused, so that there was something to see");
	return done();
}
