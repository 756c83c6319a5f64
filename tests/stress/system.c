// SPDX-License-Identifier: GPL-2.0
/* See stress.h: the card, and what must be as it was */

#define _GNU_SOURCE
#include "stress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CARD "/cards/stress.card"
#define PORT_AT 0x40000UL	/* behind all that belongs to the FME */
#define KMEMLEAK "/sys/kernel/debug/kmemleak"

const struct feature features[FEATURES] = {
	{ .id = 0x9, .pages = 1, .module = "dfl-emif", .driver = "dfl-emif" },
	{ .id = 0x10, .pages = 1, .module = "uio_dfl", .driver = "uio_dfl" },
	{ .id = 0x21, .pages = 1 },
	{ .id = 0x30, .pages = 16 },
	{ .id = 0x40 },
	{ .id = 0x400, .pages = 1, .vector = 0, .irqs = 1 },
	{ .id = 0x401, .pages = 1, .vector = 1, .irqs = 3 },
	{ .id = 0x402, .pages = 1, .vector = 3, .irqs = 2 },
	{ .id = 0x403, .pages = 1, .vector = 4, .irqs = 2 },
	{ .id = 0x14, .of_port = true, .pages = 1, .module = "uio_dfl", .driver = "uio_dfl" },
};

static char card[300];

const char *card_dir(void)
{
	return card;
}

/*
 * Registers of features with interrupts are elsewhere, as version 1 of the list has it. A kernel that does not know that version
 * finds them behind the header: the pages are marked in both places.
 */
static void describe(FILE *file, unsigned int f, size_t *at)
{
	const struct feature *feature = &features[f];
	size_t size = (feature->pages ?: 1) * PAGE, csr = 0x20000 + f * PAGE;
	unsigned int page;

	if (feature->of_port) {
		fprintf(file, "port at=%#lx afu=0x10000 afusize=0x10000\n", PORT_AT);
		*at = PORT_AT + PAGE;
	}
	if (!feature->pages)
		fprintf(file, "feature id=%#x size=0x100\nfeature id=0x41 size=0xf00\n", feature->id);
	else if (feature->irqs)
		fprintf(file, "feature id=%#x size=%#zx v1 csr=%#zx csrsize=%#zx msix=%d,%u\n", feature->id, size,
			csr, size, feature->vector, feature->irqs);
	else
		fprintf(file, "feature id=%#x size=%#zx\n", feature->id, size);
	for (page = 0; page < (feature->pages ?: 1); page++) {
		fprintf(file, "u64 at=%#zx value=%#x\n", *at + page * PAGE + MAGIC_AT, magic_of(f, page));
		if (feature->irqs)
			fprintf(file, "u64 at=%#zx value=%#x\n", csr + page * PAGE + MAGIC_AT, magic_of(f, page));
	}
	*at += size;
}

void prepare_card(void)
{
	FILE *file = fopen(CARD, "w");
	size_t at = PAGE;
	unsigned int f;

	if (!file)
		bail("the card can be described");
	fprintf(file, "fme at=0 size=%#lx\n", PAGE);
	for (f = 0; f < FEATURES; f++)
		describe(file, f, &at);
	fclose(file);
	snprintf(card, sizeof(card), "%s", card_path());
}

static int write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int lay_and_bind_card(void)
{
	return sh("card up " CARD) ? -EIO : 0;
}

/* Of what is on the card nothing is lost while it is away. virtio-pci has it when it comes. */
int bind_card(void)
{
	const char *device = strrchr(card, '/') + 1;
	char name[320];

	snprintf(name, sizeof(name), "%s/driver/unbind", card);
	write_text(name, device);
	snprintf(name, sizeof(name), "%s/driver_override", card);
	return write_text(name, "dfl-pci") ?: write_text("/sys/bus/pci/drivers_probe", device);
}

int remove_card(void)
{
	char name[320];

	snprintf(name, sizeof(name), "%s/remove", card);
	return write_text(name, "1");
}

int rescan_card(void)
{
	return write_text("/sys/bus/pci/rescan", "1");
}

int driver_file(const char *driver, const char *file, const char *device)
{
	char name[128];

	snprintf(name, sizeof(name), "/sys/bus/dfl/drivers/%s/%s", driver, file);
	return write_text(name, device);
}

/* With dflres loaded */
bool card_has_interrupts(void)
{
	unsigned int f;

	for (f = 0; f < FEATURES; f++)
		if (features[f].irqs)
			return atoi(get(shared->names[f], "dflres/num_irqs")) == (int)features[f].irqs;
	return false;
}

void find_names(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/bus/dfl/devices");
	unsigned int f;

	while (dir && (entry = readdir(dir))) {
		unsigned int id;

		if (entry->d_name[0] == '.')
			continue;
		id = strtoul(get(entry->d_name, "feature_id"), NULL, 0);
		for (f = 0; f < FEATURES; f++)
			if (features[f].id == id)
				snprintf(shared->names[f], sizeof(shared->names[f]), "%.15s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* What must be as it was */

static char *memory, *interrupts;

static char *contents(const char *name)
{
	FILE *file = fopen(name, "r"), *copy;
	char *text = NULL;
	size_t size;
	int c;

	copy = open_memstream(&text, &size);
	if (!copy || !file)
		bail("%s can be read", name);
	while ((c = getc(file)) != EOF)
		putc(c, copy);
	fclose(copy);
	fclose(file);
	return text;
}

/* Which interrupts there are, without how often they have come: what follows the colon, less the numbers at its beginning */
static char *interrupt_lines(void)
{
	char *text = contents("/proc/interrupts"), *to = text, *from = text;

	while (*from) {
		size_t name = strcspn(from, ":\n");

		memmove(to, from, name);
		to += name;
		from += name;
		if (*from == ':')
			from++;
		from += strspn(from, " 0123456789");
		while (*from && *from != '\n')
			*to++ = *from++;
		if (*from)
			*to++ = *from++;
	}
	*to = '\0';
	return text;
}

void remember_system(void)
{
	memory = contents("/proc/iomem");
	interrupts = interrupt_lines();
}

static bool is_same(const char *what, const char *before, char *now)
{
	bool same = !strcmp(before, now);

	if (!same)
		note("%s before:\n%s\nand now:\n%s", what, before, now);
	free(now);
	return same;
}

bool memory_is_as_it_was(void)
{
	return is_same("memory", memory, contents("/proc/iomem"));
}

bool interrupts_are_as_they_were(void)
{
	return is_same("interrupts", interrupts, interrupt_lines());
}

int leaks(bool *known)
{
	char line[256];
	int i, lines = 0;
	FILE *file;

	*known = !access(KMEMLEAK, W_OK);
	/* What has been allocated a moment ago is not reported by the first scan */
	for (i = 0; *known && i < 2; i++) {
		sleep(6);
		if (write_text(KMEMLEAK, "scan"))
			*known = false;
	}
	file = *known ? fopen(KMEMLEAK, "r") : NULL;
	while (file && fgets(line, sizeof(line), file)) {
		note("%s", line);
		lines++;
	}
	if (file)
		fclose(file);
	return lines;
}
