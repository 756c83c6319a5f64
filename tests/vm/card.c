// SPDX-License-Identifier: GPL-2.0
/*
 * card: makes a DFL card, inside the guest, out of a PCI device whose BAR 0 is plain RAM (bochs-display, virtio-vga or
 * ati-vga).
 * What the card looks like is data: see "Descriptions" below and tests/vm/cards.
 *
 * Descriptions: one item a line, "#" starts a comment, an item is a word and key=value pairs. Offsets are in BAR 0. A number is
 * one of bytes, N, or of the kernel's pages and maybe bytes more, Np or Np+N.
 *
 *   fme     at=0 [guid=LOW,HIGH]             FME header. Ports are announced in it as a real FME announces them
 *   port    at=N [guid=..] [afu=OFS afusize=N] [linked]
 *                                            port header; `linked`: reached by the preceding list's last next pointer
 *                                            instead of the FME. The kernel wants the ports in ascending order
 *   feature id=N [rev=N] [at=N] [size=N]     a private feature of the fme or port above it, DFHv0. Its registers begin with
 *                                            its header and end at the next header (or at size=, for the last one)
 *           v1 csr=WHERE csrsize=N [msix=FIRST,COUNT] [param=ID,VERSION,WORD..]...
 *                                            DFHv1: the registers are elsewhere
 *   u64     at=N value=N                     a raw word, written after everything else (malformed headers, register values)
 *
 *   any header: next=N eol=0|1 version=N type=N override what its first word would say.
 *   at= defaults to the end of the item before, size= to the distance to the next item's at=, or else a page.
 *
 * WHERE  +N          relative, from the feature's header          bar:B+N            absolute, in the card's BAR B
 *        N, Np+N     relative, but counted from BAR 0's start     bar:VVVV:DDDD:B+N  absolute, in another PCI device's
 *        abs:N       absolute physical address                    ram+N              absolute, N bytes into System RAM
 */
#define _GNU_SOURCE
#include "vector.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PCI_DEVICES "/sys/bus/pci/devices"

enum kind { FME, PORT, FEATURE, U64 };
static const char * const kind_names[] = { "fme", "port", "feature", "u64" };

struct item {
	enum kind kind;
	int line;
	uint64_t id, rev, at, size, next, eol, version, type, value;
	uint64_t guid[2], afu, afusize, csr, csrsize, msix[2];
	bool has_at, has_size, has_next, has_eol, has_version, has_type, has_msix, has_csr, v1, linked, absolute;
	const char *where;
	uint64_t params[32];	/* ready for the card, headers and all */
	int nr_params, last_param;
};

static struct item items[4096];
static int nr_items;
static const char *file_name = "card";

static __attribute__((format(printf, 2, 3), noreturn)) void die(int line, const char *format, ...)
{
	va_list args;

	if (line)
		fprintf(stderr, "%s:%d: ", file_name, line);
	else
		fprintf(stderr, "card: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* The PCI device */

static bool read_line(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool read_line(char *buf, size_t size, const char *format, ...)
{
	char path[512];
	va_list args;
	FILE *file;
	bool ok;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	file = fopen(path, "r");
	if (!file)
		return false;
	ok = fgets(buf, size, file);
	fclose(file);
	return ok;
}

static bool find_pci(unsigned int vendor, unsigned int device, char *path, size_t size)
{
	DIR *dir = opendir(PCI_DEVICES);
	char v[32], d[32];
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (!read_line(v, sizeof(v), PCI_DEVICES "/%s/vendor", e->d_name) ||
		    !read_line(d, sizeof(d), PCI_DEVICES "/%s/device", e->d_name))
			continue;
		if (strtoul(v, NULL, 16) == vendor && strtoul(d, NULL, 16) == device) {
			snprintf(path, size, PCI_DEVICES "/%s", e->d_name);
			closedir(dir);
			return true;
		}
	}
	if (dir)
		closedir(dir);
	return false;
}

static const char *card_path(void)
{
	static char path[300];

	if (!path[0] && !find_pci(0x1234, 0x1111, path, sizeof(path)) &&
	    !find_pci(0x1af4, 0x1050, path, sizeof(path)) &&
	    !find_pci(0x1002, 0x5046, path, sizeof(path)))
		die(0, "neither bochs-display, virtio-vga nor ati-vga is here");
	return path;
}

static bool write_file(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool write_file(const char *text, const char *format, ...)
{
	char path[512];
	va_list args;
	bool ok;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) >= 0;
	close(fd);
	return ok;
}

static void bar_range(const char *pci, int bar, uint64_t *start, uint64_t *size)
{
	char path[400];
	uint64_t end;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "%s/resource", pci);
	file = fopen(path, "r");
	for (i = 0; file && i <= bar; i++)
		if (fscanf(file, "%" SCNx64 " %" SCNx64 " %*x", start, &end) != 2)
			break;
	if (!file || i <= bar || !*start)
		die(0, "%s has no BAR %d", pci, bar);
	fclose(file);
	*size = end - *start + 1;
}

static volatile void *map_bar(int bar, uint64_t *size)
{
	uint64_t start;
	char path[400];
	void *map;
	int fd;

	bar_range(card_path(), bar, &start, size);
	snprintf(path, sizeof(path), "%s/resource%d", card_path(), bar);
	fd = open(path, O_RDWR | O_SYNC);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die(0, "cannot map %s: %m (boot with iomem=relaxed while dfl-pci has it)", path);
	close(fd);
	return map;
}

/* Descriptions */

static uint64_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static uint64_t number(const struct item *it, const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end == 'p') {
		value *= page_size();
		if (*++end == '+')
			return value + number(it, end + 1);
	}
	if (errno || end == text || *end)
		die(it->line, "\"%s\" is not a number", text);
	return value;
}

/* Splits "a,b,c" into numbers, and returns how many. */
static int numbers(const struct item *it, char *text, uint64_t *out, int max)
{
	char *save = NULL, *word;
	int n = 0;

	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (n == max)
			die(it->line, "too many numbers");
		out[n++] = number(it, word);
	}
	return n;
}

static void add_param(struct item *it, const uint64_t *v, int n)
{
	if (n < 2 || it->nr_params + n > (int)ARRAY_SIZE(it->params))
		die(it->line, "a param is ID,VERSION,WORD.., and not too many");
	it->last_param = it->nr_params;
	/* the next-offset field counts words, from this parameter's header */
	it->params[it->nr_params++] = v[0] | v[1] << 16 | (uint64_t)(n - 1) << 35;
	memcpy(&it->params[it->nr_params], v + 2, (n - 2) * sizeof(*v));
	it->nr_params += n - 2;
}

static void set_key(struct item *it, const char *key, char *value)
{
	const struct {
		const char *key;
		uint64_t *value;
		bool *has;
	} plain[] = {
		{ "id", &it->id, NULL }, { "rev", &it->rev, NULL }, { "at", &it->at, &it->has_at },
		{ "size", &it->size, &it->has_size }, { "next", &it->next, &it->has_next },
		{ "eol", &it->eol, &it->has_eol }, { "version", &it->version, &it->has_version },
		{ "type", &it->type, &it->has_type }, { "value", &it->value, NULL },
		{ "afu", &it->afu, NULL }, { "afusize", &it->afusize, NULL }, { "csrsize", &it->csrsize, NULL },
	};
	uint64_t v[16];

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (strcmp(key, plain[i].key))
			continue;
		*plain[i].value = number(it, value);
		if (plain[i].has)
			*plain[i].has = true;
		return;
	}
	if (!strcmp(key, "csr")) {
		it->where = strdup(value);
	} else if (!strcmp(key, "guid")) {
		numbers(it, value, it->guid, 2);
	} else if (!strcmp(key, "msix")) {
		if (numbers(it, value, it->msix, 2) != 2)
			die(it->line, "msix=FIRST,COUNT");
		it->has_msix = true;
		add_param(it, (uint64_t[]){ 1, 0, it->msix[0] | it->msix[1] << 32 }, 3);
	} else if (!strcmp(key, "param")) {
		add_param(it, v, numbers(it, value, v, ARRAY_SIZE(v)));
	} else {
		die(it->line, "unknown key \"%s\"", key);
	}
}

static uint64_t ram_start(void)
{
	uint64_t start, end, best = 0, size = 0;
	FILE *file = fopen("/proc/iomem", "r");
	char line[256];

	/* the largest piece; its beginning may hold the kernel, so count from its middle */
	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "System RAM") && sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2 &&
		    end - start > size) {
			size = end - start;
			best = (start + size / 2) & ~0xfffULL;
		}
	if (!best)
		die(0, "no System RAM in /proc/iomem");
	return best;
}

/* Sets csr to the physical address that WHERE means. */
static void resolve_csr(struct item *it)
{
	unsigned int vendor, device, bar;
	char path[300], *plus = strchr(it->where, '+');
	uint64_t start, size, offset = plus ? number(it, plus + 1) : 0;

	bar_range(card_path(), 0, &start, &size);
	it->absolute = true;
	if (sscanf(it->where, "bar:%x:%x:%u", &vendor, &device, &bar) == 3) {
		if (!find_pci(vendor, device, path, sizeof(path)))
			die(it->line, "there is no PCI device %04x:%04x", vendor, device);
		bar_range(path, bar, &start, &size);
		it->csr = start + offset;
	} else if (sscanf(it->where, "bar:%u", &bar) == 1) {
		bar_range(card_path(), bar, &start, &size);
		it->csr = start + offset;
	} else if (!strncmp(it->where, "ram", 3)) {
		it->csr = ram_start() + offset;
	} else if (!strncmp(it->where, "abs:", 4)) {
		it->csr = number(it, it->where + 4);
	} else {
		it->absolute = false;
		it->csr = start + (plus == it->where ? it->at + offset : number(it, it->where));
		if (it->csr < start + it->at)
			die(it->line, "a relative address cannot lie before its header");
	}
}

static struct item *next_in_list(struct item *it)
{
	while (++it < items + nr_items) {
		if (it->kind == FEATURE || (it->kind == PORT && it->linked))
			return it;
		if (it->kind != U64)
			break;
	}
	return NULL;
}

/* Places every header, and finds what each first word says where the description does not. */
static void place(void)
{
	for (struct item *it = items; it < items + nr_items; it++) {
		struct item *next = next_in_list(it);

		if (it->kind == U64)
			continue;
		if (!it->has_at && it->kind == PORT && !it->linked)
			die(it->line, "a port needs at=");
		if (!it->size)
			it->size = next && next->has_at ? next->at - it->at : page_size();
		if (next && !next->has_at) {
			next->at = it->at + it->size;
			next->has_at = true;
		}
		if (next && next->at != it->at + it->size)
			die(it->line, "size= must reach the next header: the kernel gives all of it to this one");
		if (!it->has_next)	/* the last header of a list may have 0 there, for 4096 bytes */
			it->next = next || it->has_size || it->size != 4096 ? it->size : 0;
		if (!it->has_eol)
			it->eol = !next;
		if (!it->has_version)
			it->version = it->v1;
		if (!it->has_type)
			it->type = it->kind == FEATURE ? 3 : 4;
		if (it->kind == PORT)
			it->id = 1;
		if (it->v1) {
			if (!it->where)
				die(it->line, "v1 needs csr=");
			resolve_csr(it);
			if (it->nr_params)
				it->params[it->last_param] |= 1ULL << 32;	/* end of parameters */
		}
	}
}

static void parse(const char *name)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;
	char buf[1024];

	file_name = name;
	if (!file)
		die(0, "cannot open %s: %m", name);
	for (int line = 1; fgets(buf, sizeof(buf), file); line++) {
		struct item *it = &items[nr_items];
		char *save = NULL, *word;
		size_t kind;

		buf[strcspn(buf, "#\n")] = 0;
		word = strtok_r(buf, " \t", &save);
		if (!word)
			continue;
		it->line = line;
		for (kind = 0; kind < ARRAY_SIZE(kind_names) && strcmp(word, kind_names[kind]); kind++)
			;
		if (kind == ARRAY_SIZE(kind_names))
			die(line, "unknown item \"%s\"", word);
		if (++nr_items == ARRAY_SIZE(items))
			die(line, "too many items");
		it->kind = kind;
		while ((word = strtok_r(NULL, " \t", &save))) {
			char *value = strchr(word, '=');

			if (value) {
				*value++ = 0;
				set_key(it, word, value);
			} else if (!strcmp(word, "v1")) {
				it->v1 = true;
			} else if (!strcmp(word, "linked")) {
				it->linked = true;
			} else {
				die(line, "unknown word \"%s\"", word);
			}
		}
	}
	if (file != stdin)
		fclose(file);
	place();
}

static uint64_t bar_size;
static volatile char *bar0;

static void put(const struct item *it, uint64_t offset, uint64_t value)
{
	if (offset > bar_size - 8)
		die(it->line, "0x%" PRIx64 " is outside of BAR 0, which has 0x%" PRIx64 " bytes", offset, bar_size);
	*(volatile uint64_t *)(bar0 + offset) = value;
}

static void put_header(const struct item *it)
{
	put(it, it->at, it->id | it->rev << 12 | it->next << 16 | it->eol << 40 | it->version << 52 | it->type << 60);
	if (it->kind == PORT) {
		put(it, it->at + 0x18, it->afu);
		if (it->afu) {
			put(it, it->at + it->afu, 1ULL << 60 | 1ULL << 40);
			put(it, it->at + it->afu + 0x8, it->guid[0]);
			put(it, it->at + it->afu + 0x10, it->guid[1]);
		}
	} else if (it->kind == FME) {
		put(it, it->at + 0x8, it->guid[0]);
		put(it, it->at + 0x10, it->guid[1]);
	} else if (it->v1) {
		uint64_t start, size;

		bar_range(card_path(), 0, &start, &size);
		/* bit 0 set: the absolute address. Clear: twice the offset from the header (see dfl.c, not dfl.h) */
		put(it, it->at + 0x18, it->absolute ? it->csr | 1 : (it->csr - start - it->at) << 1);
		put(it, it->at + 0x20, it->csrsize << 32 | (uint64_t)!!it->nr_params << 31);
		for (int i = 0; i < it->nr_params; i++)
			put(it, it->at + 0x28 + 8 * i, it->params[i]);
	}
}

static void lay(const char *name)
{
	const struct item *fme = NULL;
	int ports = 0;

	parse(name);
	/* decoding must be on; dfl-pci switches it on for itself */
	if (!write_file("1", "%s/enable", card_path()))
		die(0, "%s has a driver: unbind it first", card_path());
	bar0 = map_bar(0, &bar_size);
	memset((void *)bar0, 0, bar_size);
	for (const struct item *it = items; it < items + nr_items; it++) {
		if (it->kind != U64)
			put_header(it);
		if (it->kind == FME)
			fme = it;
		if (it->kind == PORT) {
			/* the port's own capabilities, and its entry in the FME header */
			put(it, it->at + 0x30, ports | it->afusize >> 10 << 8);
			if (fme && !it->linked)
				put(it, fme->at + 0x38 + 8 * ports, it->at | 1ULL << 60);
			ports++;
		}
	}
	if (fme)
		put(fme, fme->at + 0x30, (uint64_t)ports << 17);
	for (const struct item *it = items; it < items + nr_items; it++)
		if (it->kind == U64)
			put(it, it->at, it->value);
	munmap((void *)bar0, bar_size);
	write_file("0", "%s/enable", card_path());
}

/* The features that dfl-fme and dfl-afu keep for themselves do not appear on the DFL bus. */
static bool on_bus(bool port, uint64_t id)
{
	static const uint64_t fme_ids[] = { 1, 2, 3, 4, 5, 7 }, port_ids[] = { 0x10, 0x12, 0x13 };
	const uint64_t *ids = port ? port_ids : fme_ids;

	for (size_t i = 0; i < (port ? ARRAY_SIZE(port_ids) : ARRAY_SIZE(fme_ids)); i++)
		if (ids[i] == id)
			return false;
	return true;
}

static void expect(const char *name)
{
	uint64_t base, size;
	bool port = false;

	parse(name);
	bar_range(card_path(), 0, &base, &size);
	for (const struct item *it = items; it < items + nr_items; it++) {
		uint64_t start = it->v1 ? it->csr : base + it->at;
		uint64_t end = start + (it->v1 ? it->csrsize : it->size) - 1;

		if (it->kind == FME || it->kind == PORT)
			port = it->kind == PORT;
		else if (it->kind == FEATURE && on_bus(port, it->id))
			printf("0x%x 0x%" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 " 0x%" PRIx64 " %" PRIu64 "\n",
			       port, it->id, start, end, it->rev, it->msix[1]);
	}
}

/* Actions on the device */

static bool bound(void)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/driver", card_path());
	return !access(path, F_OK);
}

static void unbind(void)
{
	const char *name = strrchr(card_path(), '/') + 1;

	if (bound() && !write_file(name, "%s/driver/unbind", card_path()))
		die(0, "cannot unbind %s: %m", name);
}

static void bind(void)
{
	const char *name = strrchr(card_path(), '/') + 1;

	/* the write returns when the card has been enumerated: every driver of the stack probes synchronously */
	if (!write_file("dfl-pci", "%s/driver_override", card_path()) ||
	    !write_file(name, "/sys/bus/pci/drivers_probe"))
		die(0, "cannot bind %s: %m", name);
	if (!bound())
		die(0, "dfl-pci did not take %s: see the kernel log", name);
}

static void poke(char **args, bool write)
{
	uint64_t size, offset = strtoull(args[0], NULL, 0), value = write ? strtoull(args[2], NULL, 0) : 0;
	unsigned long width = strtoul(args[1], NULL, 0);
	volatile char *p = (volatile char *)map_bar(0, &size) + offset;

	if (offset + width / 8 > size)
		die(0, "outside of BAR 0");
	switch (width) {
#define ACCESS(bits) \
	case bits: \
		if (write) \
			*(volatile uint##bits##_t *)p = value; \
		else \
			value = *(volatile uint##bits##_t *)p; \
		break
	ACCESS(8);
	ACCESS(16);
	ACCESS(32);
	ACCESS(64);
	default:
		die(0, "the width is 8, 16, 32 or 64");
	}
	if (!write)
		printf("0x%" PRIx64 "\n", value);
}

/* The Linux number of the interrupt that MSI-X vector n is */
static unsigned long linux_irq(unsigned int n)
{
	unsigned long irqs[64];
	size_t count = 0;
	char path[400];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/msi_irqs", card_path());
	dir = opendir(path);
	while (dir && (e = readdir(dir)) && count < ARRAY_SIZE(irqs))
		if (e->d_name[0] != '.')
			irqs[count++] = strtoul(e->d_name, NULL, 10);
	if (dir)
		closedir(dir);
	if (n >= count)
		die(0, "vector %u has no interrupt", n);
	/* they are allocated in the order of the vectors; the one with n smaller ones is it */
	for (size_t i = 0; i < count; i++) {
		size_t smaller = 0;

		for (size_t k = 0; k < count; k++)
			smaller += irqs[k] < irqs[i];
		if (smaller == n)
			return irqs[i];
	}
	return 0;
}

/* How often the kernel itself says that it has handled vector n since the card was bound */
static unsigned long counted(unsigned int n)
{
	char line[512], *save = NULL, *word;
	unsigned long sum = 0;

	if (!read_line(line, sizeof(line), "/sys/kernel/irq/%lu/per_cpu_count", linux_irq(n)))
		die(0, "the kernel does not count vector %u", n);
	for (word = strtok_r(line, ",", &save); word; word = strtok_r(NULL, ",", &save))
		sum += strtoul(word, NULL, 10);
	return sum;
}

static struct vector open_vector(unsigned int n)
{
	struct vector v;
	int err = vector_open(&v, card_path(), n);

	if (err)
		die(0, "cannot map the MSI-X table or the local APIC: %s", strerror(-err));
	return v;
}

/* false if the vector is masked */
static bool fire(struct vector *v)
{
	int err = vector_aim(v);

	if (err == -EAGAIN)
		return false;
	if (err)
		die(0, "cannot go to the vector's processor: %s", strerror(-err));
	vector_send(v);
	return true;
}

/* `irq N -`: one for each byte on standard input, which may be non-blocking for who is in a hurry */
static bool another(const char *times, unsigned long fired)
{
	ssize_t got;
	char byte;

	if (strcmp(times, "-"))
		return fired < strtoul(times, NULL, 0);
	do
		got = read(0, &byte, 1);
	while (got < 0 && errno == EAGAIN);
	return got == 1;
}

static void irq(unsigned int n, const char *times)
{
	unsigned long fired = 0, before = counted(n), got;
	struct vector v = open_vector(n);

	while (another(times, fired)) {
		if (!fire(&v)) {
			fprintf(stderr, "card: vector %u is masked\n", n);
			exit(2);
		}
		fired++;
	}
	got = counted(n) - before;
	if (got != fired)
		die(0, "of %lu interrupts the kernel has seen %lu", fired, got);
}

static _Noreturn void storm(unsigned int n)
{
	struct vector v = open_vector(n);

	for (;;)
		if (!fire(&v))
			usleep(100);
}

static void many(unsigned long n, const char *size)
{
	printf("fme at=0\n");
	for (unsigned long i = 0; i < n; i++)
		printf("feature id=0x%lx size=%s\n", 0x100 + i % 0xe00, size);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "up") && argc == 3) {
		unbind();
		lay(argv[2]);
		bind();
	} else if (!strcmp(command, "lay") && argc == 3) {
		lay(argv[2]);
	} else if (!strcmp(command, "expect") && argc == 3) {
		expect(argv[2]);
	} else if (!strcmp(command, "bind") && argc == 2) {
		bind();
	} else if (!strcmp(command, "unbind") && argc == 2) {
		unbind();
	} else if (!strcmp(command, "remove") && argc == 2) {
		return !write_file("1", "%s/remove", card_path());
	} else if (!strcmp(command, "rescan") && argc == 2) {
		return !write_file("1", "/sys/bus/pci/rescan");
	} else if (!strcmp(command, "path") && argc == 2) {
		puts(card_path());
	} else if (!strcmp(command, "page") && argc == 2) {
		printf("%" PRIu64 "\n", page_size());
	} else if (!strcmp(command, "peek") && argc == 4) {
		poke(argv + 2, false);
	} else if (!strcmp(command, "poke") && argc == 5) {
		poke(argv + 2, true);
	} else if (!strcmp(command, "irq") && (argc == 3 || argc == 4)) {
		irq(strtoul(argv[2], NULL, 0), argc == 4 ? argv[3] : "1");
	} else if (!strcmp(command, "storm") && argc == 3) {
		storm(strtoul(argv[2], NULL, 0));
	} else if (!strcmp(command, "counted") && argc == 3) {
		printf("%lu\n", counted(strtoul(argv[2], NULL, 0)));
	} else if (!strcmp(command, "many") && (argc == 3 || argc == 4)) {
		many(strtoul(argv[2], NULL, 0), argc == 4 ? argv[3] : "1p");
	} else {
		fprintf(stderr,
			"card up FILE | lay FILE | expect FILE | bind | unbind | remove | rescan | path | page\n"
			"     peek OFFSET WIDTH | poke OFFSET WIDTH VALUE | many N [SIZE]\n"
			"     irq VECTOR [TIMES|-] | storm VECTOR | counted VECTOR\n"
			"up = unbind, lay, bind. irq - fires once for each byte on standard input, storm until it is killed and\n"
			"whenever the vector is not masked; counted is how many the kernel has handled. expect prints, a line for each feature that will be on the DFL bus and in the\n"
			"bus's order: type, feature id, start, end, revision, interrupts. FILE may be -\n");
		return 1;
	}
	return 0;
}
