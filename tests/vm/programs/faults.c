// SPDX-License-Identifier: GPL-2.0
/*
 * No memory: each allocation of an operation is made to fail in turn, until it comes to an end without. It either works
 * nevertheless, or gives ENOMEM, leaves all as it was, and works when it is tried again. That nothing is lost init sees:
 * kmemleak. For a kernel with failslab, and a card with interrupts.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug/"
#define THREE 0x301	/* of msix.card, with three interrupts */
#define NEVER 2000	/* no operation has as many allocations */

struct operation {
	const char *what;
	int (*prepare)(void);
	int (*run)(void);
	int (*undo)(void);
};

static char *feat;
static int counter, file, event, idle_event_id;
static void *map;

/* The lines of FILE_NAME with this text */
static void add_lines(FILE *out, const char *file_name, const char *text)
{
	FILE *in = fopen(file_name, "r");
	char line[256];

	while (in && fgets(line, sizeof(line), in))
		if (strstr(line, text))
			fputs(line, out);
	if (in)
		fclose(in);
}

/* How it is with the feature, the address space and the interrupts, as text; to be freed */
static char *state(void)
{
	struct dirent **entries;
	char *text, name[128];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i, n;

	fprintf(out, "owner %s, driver '%s', files", get_owner(feat), get_driver(feat));
	path(name, sizeof(name), feat, "dflres");
	n = scandir(name, &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		fprintf(out, " %s", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	fputc('\n', out);
	add_lines(out, "/proc/iomem", "");
	add_lines(out, "/proc/interrupts", "dfl");
	fprintf(out, "eventfds below %d\n", free_event_id());
	fclose(out);
	return text;
}

/* As a whole it would be too long to be read: the first line, mostly enough */
static bool differs(const char *what, unsigned int n, const char *got, const char *want)
{
	if (!strcmp(got, want))
		return false;
	note("%s, allocation %u: %.*s", what, n, (int)strcspn(got, "\n"), got);
	note("and not %.*s", (int)strcspn(want, "\n"), want);
	return true;
}

static void fail_at(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(counter, text, len, 0) != len)
		bail("the kernel lets the %u-th allocation fail", n);
}

/* Whether that allocation has come */
static bool has_failed(void)
{
	char text[16] = "";

	if (pread(counter, text, sizeof(text) - 1, 0) <= 0)
		bail("the kernel tells how many allocations there were");
	fail_at(0);
	return !atoi(text);
}

static void prepare(const struct operation *op)
{
	if (op->prepare())
		bail("%s: prepared", op->what);
}

static void undo(const struct operation *op)
{
	if (op->undo())
		bail("%s: undone", op->what);
}

static void sweep(const struct operation *op)
{
	unsigned int n, survived = 0, wrong = 0, changed = 0, stuck = 0;
	char *before, *after, *now;
	int ret;

	prepare(op);
	before = state();
	ret = op->run();
	if (ret)
		bail("%s: with memory (%s)", op->what, strerror(-ret));
	after = state();
	undo(op);

	for (n = 1; n < NEVER; n++) {
		prepare(op);
		fail_at(n);
		ret = op->run();
		if (!has_failed()) {
			undo(op);
			break;
		}
		now = state();
		if (ret) {
			if (ret != -ENOMEM && !wrong++)
				note("%s, allocation %u: %s", op->what, n, strerror(-ret));
			changed += differs(op->what, n, now, before);
			stuck += op->run() != 0;
		} else {
			survived++;
			changed += differs(op->what, n, now, after);
		}
		free(now);
		undo(op);
	}
	free(before);
	free(after);
	ok(n > 1 && n < NEVER, "%s: has %u allocations, and does without %u of them", op->what, n - 1, survived);
	is(wrong, 0, "%s: the errno is ENOMEM", op->what);
	is(changed, 0, "%s: done as a whole, or not at all", op->what);
	is(stuck, 0, "%s: it can be tried again", op->what);
}

static int write_to(int fd, const char *text)
{
	return pwrite(fd, text, strlen(text), 0) < 0 ? -errno : 0;
}

static int open_owner(void)
{
	file = open_file(feat, "dflres/owner", O_WRONLY);
	return file < 0 ? file : 0;
}

static int claim(void)
{
	return write_to(file, "user");
}

static int release(void)
{
	return write_to(file, "none");
}

static int hand_back(void)
{
	return write_to(file, "kernel");
}

static int close_file(void)
{
	return close(file);
}

static int release_and_close(void)
{
	return set_owner(feat, "none") ?: close(file);
}

static int open_and_claim(void)
{
	return open_owner() ?: claim();
}

static int open_lease(void)
{
	event = new_event();
	file = open_file(feat, "dflres/lease", O_WRONLY);
	return file < 0 ? file : 0;
}

static int lease(void)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", event);
	return write_to(file, text);
}

static int close_lease(void)
{
	close(event);
	close(file);
	/* the eventfd is the last that goes */
	return owner_becomes(feat, "none") && free_event_id_becomes(idle_event_id) ? 0 : -ETIME;
}

static int claim_and_open_attach(void)
{
	int err = set_owner(feat, "user");

	if (err)
		return err;
	event = new_event();
	file = open_file(feat, "dflres/irq1_eventfd", O_WRONLY);
	return file < 0 ? file : 0;
}

static int detach(void)
{
	int err = write_to(file, "-1");

	close(event);
	return err ?: release_and_close();
}

static int claim_and_open_registers(void)
{
	int err = set_owner(feat, "user");

	if (err)
		return err;
	file = open_file(feat, "dflres/resource0", O_RDWR);
	return file < 0 ? file : 0;
}

static int read_register(void)
{
	uint64_t value;

	return pread(file, &value, sizeof(value), 0) < 0 ? -errno : 0;
}

static int write_register(void)
{
	uint64_t value = 0;

	return pwrite(file, &value, sizeof(value), 0) < 0 ? -errno : 0;
}

static int map_registers(void)
{
	map = mmap(FAR, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
	return map == MAP_FAILED ? -errno : 0;
}

static int unmap_registers(void)
{
	munmap(map, PAGE);
	return release_and_close();
}

static int claim_and_map(void)
{
	return claim_and_open_registers() ?: map_registers();
}

/* The kernel comes back to a fault for which it has had no memory */
static int touch(void)
{
	return peek(map, NULL);
}

static const struct operation operations[] = {
	{ "a claim", open_owner, claim, release_and_close },
	{ "a release", open_and_claim, release, close_file },
	{ "a hand back", open_and_claim, hand_back, close_file },
	{ "a lease", open_lease, lease, close_lease },
	{ "attaching an eventfd", claim_and_open_attach, lease, detach },
	{ "the first read", claim_and_open_registers, read_register, release_and_close },
	{ "the first write", claim_and_open_registers, write_register, release_and_close },
	{ "the first mapping", claim_and_open_registers, map_registers, unmap_registers },
	{ "the first touch", claim_and_map, touch, unmap_registers },
};

static void set(const char *file_name, const char *value)
{
	int fd = open(file_name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, 1) != 1)
		bail("%s can be written", file_name);
	close(fd);
}

static bool is_loaded(void)
{
	return !access("/sys/module/dflres", F_OK) || has_file(feat, "dflres");
}

/*
 * How many allocations the kernel makes before it looks at the module's parameters, of which this one is wrong. They are its
 * own, and so are the warnings that it gives where one for the tracepoints fails.
 */
static unsigned int allocations_before_parameters(void)
{
	int fd = open("/lib/dfl/dflres.ko", O_RDONLY | O_CLOEXEC);
	char left[16] = "";

	fail_at(NEVER);
	if (fd < 0 || !syscall(SYS_finit_module, fd, "require_iommu=perhaps", 0))
		bail("the module is refused with a wrong parameter");
	if (pread(counter, left, sizeof(left) - 1, 0) <= 0)
		bail("the kernel tells how many allocations there were");
	fail_at(0);
	close(fd);
	return NEVER - atoi(left);
}

/* With one feature on the bus: unloading waits until each is freed, which such a kernel does late */
static void sweep_load(void)
{
	unsigned int first, n, survived = 0, wrong = 0, changed = 0;
	int ret = -ENOMEM;

	unload("dflres");
	if (sh("card many 1 >/tmp/one.card && card up /tmp/one.card"))
		bail("a card with one feature comes up");
	feat = need_feature(0x100, 0);
	first = allocations_before_parameters();
	for (n = first; n < NEVER; n++) {
		fail_at(n);
		ret = load("dflres");
		if (!has_failed())
			break;
		if (ret) {
			/* the driver core's word where a module has no directory `drivers` */
			if (ret != -ENOMEM && ret != -EINVAL && !wrong++)
				note("loading, allocation %u: %s", n, strerror(-ret));
			if (is_loaded() && !changed++)
				note("loading, allocation %u: something is left behind", n);
			continue;
		}
		survived++;
		if (strcmp(get_owner(feat), "none") && !changed++)
			note("loading, allocation %u: the feature has no files", n);
		if (unload("dflres"))
			bail("the module unloads after allocation %u has failed", n);
	}
	ok(n > first && n < NEVER, "loading: has %u allocations, and does without %u of those from %u on",
	   n - 1, survived, first);
	is(wrong, 0, "loading: the errno is ENOMEM");
	is(changed, 0, "loading: done as a whole, or not at all");
	is(ret, 0, "loading: works in the end");
}

int main(void)
{
	unsigned int i;

	/* also those that may wait, and pages, and with nothing said in the log */
	set(DEBUGFS "failslab/ignore-gfp-wait", "N");
	set(DEBUGFS "failslab/verbose", "0");
	set(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	set(DEBUGFS "fail_page_alloc/min-order", "0");
	set(DEBUGFS "fail_page_alloc/verbose", "0");
	counter = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (counter < 0)
		bail("/proc/self/fail-nth opens");

	setup("msix");
	feat = need_feature(THREE, 0);
	idle_event_id = free_event_id();
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		sweep(&operations[i]);
	sweep_load();
	return done();
}
