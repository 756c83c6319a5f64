// SPDX-License-Identifier: GPL-2.0
/*
 * No memory: each allocation of an operation is made to fail in turn, until it comes to an end without. It either works
 * nevertheless, or gives ENOMEM, leaves all as it was, and works when it is tried again. Where there is nobody to be given
 * an errno, a lease ends nevertheless, and a device that appears has all its files or none. That nothing is lost init sees:
 * kmemleak. For a kernel with failslab and its filter by stack, and a card with interrupts.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREE 0x301	/* of msix.card, with three interrupts */
#define LATE 0x110	/* of layout.card, alone in its port */
#define NEVER 2000	/* no operation has as many allocations */

struct operation {
	const char *what;
	int (*prepare)(void);
	int (*run)(void);
	int (*undo)(void);
};

/* Makes the n-th allocation from here on fail, and tells whether it has come */
struct injection {
	void (*fail_at)(unsigned int n);
	bool (*has_failed)(void);
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

static void add_feature(FILE *out)
{
	struct dirent **entries;
	char name[128];
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
}

/* How it is with the feature alone, as text; to be freed */
static char *feature_state(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	add_feature(out);
	fclose(out);
	return text;
}

/* And with the address space and the interrupts */
static char *state(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	add_feature(out);
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

static bool has_failed(void)
{
	char text[16] = "";

	if (pread(counter, text, sizeof(text) - 1, 0) <= 0)
		bail("the kernel tells how many allocations there were");
	fail_at(0);
	return !atoi(text);
}

static void set(const char *what, const char *setting, unsigned long value)
{
	char name[128], text[32];
	int fd, len;

	snprintf(name, sizeof(name), "/sys/kernel/debug/%s/%s", what, setting);
	len = snprintf(text, sizeof(text), "%lu", value);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, len) != len)
		bail("the file %s takes %s", name, text);
	close(fd);
}

static void set_both(const char *setting, unsigned long value)
{
	set("failslab", setting, value);
	set("fail_page_alloc", setting, value);
}

/* Of those that were to fail; `times` counts down */
static unsigned int failures_left(const char *what)
{
	unsigned int left;
	char name[128];
	FILE *times;

	snprintf(name, sizeof(name), "/sys/kernel/debug/%s/times", what);
	times = fopen(name, "r");
	if (!times || fscanf(times, "%u", &left) != 1)
		bail("%s is readable", name);
	fclose(times);
	return left;
}

/* Whatever has no function of the module's on its stack neither fails nor counts */
static void look_at_module_only(void)
{
	FILE *modules = fopen("/proc/modules", "r");
	unsigned long size = 0, start;
	char line[256];

	/* the address is where its code begins, the size that of all it has */
	while (modules && !size && fgets(line, sizeof(line), modules))
		if (sscanf(line, "dflres %lu %*s %*s %*s 0x%lx", &size, &start) != 2)
			size = 0;
	if (!size)
		bail("/proc/modules tells where the module is");
	fclose(modules);
	set_both("require-start", start);
	set_both("require-end", start + size);
}

static void look_at_all(void)
{
	set_both("require-start", 0);
	set_both("require-end", ULONG_MAX);
}

/*
 * Whoever asks. While its interval is more than 1 failslab counts what it looks at, without ever starting anew, and makes
 * fail what has a multiple of the interval for its number.
 */
static void fail_anywhere_at(unsigned int n)
{
	static unsigned int counted;

	set("failslab", "interval", counted + n);
	set("failslab", "times", 1);
	set("failslab", "probability", 100);
	if (n > 1)
		counted += n;
}

static bool has_failed_anywhere(void)
{
	set("failslab", "probability", 0);
	return !failures_left("failslab");
}

static const struct injection this_task = { fail_at, has_failed }, any_task = { fail_anywhere_at, has_failed_anywhere };

static void prepare(const struct operation *op)
{
	if (op->prepare())
		bail("%s can be prepared", op->what);
}

static void undo(const struct operation *op)
{
	if (op->undo())
		bail("%s can be undone", op->what);
}

static void sweep(const struct operation *op, const struct injection *in)
{
	unsigned int n, survived = 0, wrong = 0, changed = 0, stuck = 0;
	char *before, *after, *now;
	int ret;

	prepare(op);
	before = state();
	ret = op->run();
	if (ret)
		bail("%s works with enough memory (%s)", op->what, strerror(-ret));
	after = state();
	undo(op);

	for (n = 1; n < NEVER; n++) {
		prepare(op);
		in->fail_at(n);
		ret = op->run();
		if (!in->has_failed()) {
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
	ok(n > 1 && n < NEVER, "%s has %u allocations, and does without %u of them", op->what, n - 1, survived);
	is(wrong, 0, "%s gives ENOMEM when an allocation fails", op->what);
	is(changed, 0, "%s is done as a whole, or not at all, when an allocation fails", op->what);
	is(stuck, 0, "%s can be tried again after an allocation has failed", op->what);
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

static int end_lease(void)
{
	close(event);
	/* the eventfd is the last that goes */
	return owner_becomes(feat, "none") && free_event_id_becomes(idle_event_id) ? 0 : -ETIME;
}

static int close_lease(void)
{
	close(file);
	return end_lease();
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

/* All that the end of a claim has to undo */
static int lease_and_use(void)
{
	int attached, err;

	event = new_event();
	attached = new_event();
	err = take_lease(feat, event) ?: put_event(feat, "dflres/irq1_eventfd", attached);
	close(attached);
	if (err)
		return err;
	file = open_file(feat, "dflres/resource0", O_RDWR);
	return file < 0 ? file : read_register() ?: map_registers() ?: touch();
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

static const struct operation lease_end = { "the end of a lease", lease_and_use, end_lease, unmap_registers };

/* All of them at once, pages too: whatever a step cannot have, the next one is tried */
static void end_lease_without_memory(void)
{
	unsigned int failed;
	int ret;

	prepare(&lease_end);
	set_both("interval", 1);
	set_both("times", NEVER);
	set_both("probability", 100);
	ret = end_lease();
	set_both("probability", 0);
	failed = 2 * NEVER - failures_left("failslab") - failures_left("fail_page_alloc");
	undo(&lease_end);
	ok(!ret && failed, "a lease ends without any memory: %u allocations failed", failed);
}

/* A port comes with its feature, while the module is there */
static void sweep_appearance(void)
{
	unsigned int n, without = 0, changed = 0, stuck = 0;
	char *complete, *now;
	bool failed;

	card_up("layout");
	feat = need_feature(LATE, 0);
	complete = feature_state();
	for (n = 1; n < NEVER; n++) {
		port_goes();
		fail_at(n);
		port_comes();
		failed = has_failed();
		free(feat);
		feat = need_feature(LATE, 0);
		if (failed && !has_file(feat, "dflres")) {
			without++;
			continue;
		}
		now = feature_state();
		changed += differs("appearing", n, now, complete);
		stuck += set_owner(feat, "user") || set_owner(feat, "none");
		free(now);
		if (!failed)
			break;
	}
	free(complete);
	ok(n < NEVER && without, "a feature that appears has %u allocations, and %u of them are needed for its files",
	   n - 1, without);
	is(changed, 0, "a feature that appears has all files, or none, when an allocation fails");
	is(stuck, 0, "a feature that appears with files can be claimed");
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
	ok(n > first && n < NEVER, "loading the module has %u allocations, and does without %u of those from %u on",
	   n - 1, survived, first);
	is(wrong, 0, "loading the module gives ENOMEM when an allocation fails");
	is(changed, 0, "loading the module is done as a whole, or not at all");
	is(ret, 0, "loading the module works after allocations have failed");
}

int main(void)
{
	unsigned int i;

	/* also those that may wait, and pages, and with nothing said in the log */
	set_both("ignore-gfp-wait", 0);
	set_both("verbose", 0);
	set("fail_page_alloc", "min-order", 0);
	counter = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (counter < 0)
		bail("the file /proc/self/fail-nth opens");

	setup("msix");
	feat = need_feature(THREE, 0);
	idle_event_id = free_event_id();
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		sweep(&operations[i], &this_task);

	look_at_module_only();
	sweep(&lease_end, &any_task);
	end_lease_without_memory();
	sweep_appearance();
	look_at_all();
	sweep_load();
	return done();
}
