// SPDX-License-Identifier: GPL-2.0
/*
 * scribble CARD [SEED [ROUNDS]]: anything at all, written to any file of any feature
 *
 * By an unprivileged user to whom every other feature is delegated, and then by root. What each write must give is
 * computed from what was written; after an error all is as it was. Round N is made of the seed N alone, so
 * "scribble CARD N 1" does it again.
 */

#define _GNU_SOURCE
#include "guest.h"
#include "random.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define WRITES 50	/* in a round */
#define MAX_FEATURES 32
#define EVENTS 3
#define CLOSED 900

static struct target {
	char name[32];
	bool delegated;
	bool claimed;
	uid_t claimer;
	enum { UNDECIDED, UNCACHED, COMBINED } type;	/* of memory, by the claim's first use */
	size_t at, size;
} targets[MAX_FEATURES];
static unsigned int nr_targets;

static volatile uint8_t *bar;
static size_t bar_size;
static uint8_t *shadow;		/* what the BAR must hold */

/* Shared with the processes that write */
static struct {
	unsigned int refused, claims, releases, moved;
} *seen;

/* What this process has open: eventfds, then some that are none */
static int events[EVENTS], others[3];

/* What is written, and what it means to the one kind of file and to the other */

enum word { USER, NONE, KERNEL, NO_WORD };
enum { NO_NUMBER = -2 };

static struct text {
	char data[5 * MAX_PAGE];
	size_t size;
	enum word word;
	int number;
	bool to_kernel;		/* the number has ` kernel` behind it, as only `lease` takes it */
} text;

static void some_word(void)
{
	static const char *const words[] = { [USER] = "user", [NONE] = "none", [KERNEL] = "kernel" };

	text.word = one_in(3) ? 1 + below(2) : USER;
	text.size = sprintf(text.data, "%s%s", words[text.word], one_in(2) ? "\n" : "");
}

static void some_number(void)
{
	static const char *const good[] = { "%d", "%d\n", "+%d", "0%d", "000000%d\n" };
	static const char *const bad[] = { " %d", "%d ", "0x%d", "%d\n\n", "%d,1", "--%d", "%dx", "%d.0", "99999999999%d" };
	int numbers[] = { events[below(EVENTS)], events[below(EVENTS)], others[below(ARRAY_SIZE(others))], -1, CLOSED };
	int number = numbers[below(ARRAY_SIZE(numbers))];

	if (number < 0) {
		text.size = sprintf(text.data, "-1%s", one_in(2) ? "\n" : "");
		text.number = -1;
	} else if (one_in(4)) {
		text.size = sprintf(text.data, bad[below(ARRAY_SIZE(bad))], number);
	} else if (one_in(4)) {
		text.size = sprintf(text.data, "%d kernel%s", number, one_in(2) ? "\n" : "");
		text.number = number;
		text.to_kernel = true;
	} else {
		text.size = sprintf(text.data, good[below(ARRAY_SIZE(good))], number);
		text.number = number;
	}
}

/* Of up to three pages. The first byte keeps it from being a number or a word by chance. */
static void some_garbage(void)
{
	size_t i;

	text.size = 1 + below(one_in(2) ? 40 : 3 * PAGE);
	for (i = 0; i < text.size; i++)
		text.data[i] = rnd();
	text.data[0] |= 0x80;
}

/* Something sound that is damaged, by a NUL, by bytes before or after it, or by its end missing */
static void damage(void)
{
	text.word = NO_WORD;
	text.number = NO_NUMBER;
	switch (below(4)) {
	case 0:
		text.data[text.size++] = '\0';
		break;
	case 1:
		memset(text.data + text.size, "\n \0u"[below(4)], 5000);
		text.size += 1 + below(5000);
		/* one newline is none too many */
		text.data[text.size++] = ' ';
		break;
	case 2:
		memmove(text.data + 1, text.data, text.size++);
		text.data[0] = " \t\n\0%"[below(5)];
		break;
	default:
		text.data[below(text.size)] = '\0';
	}
}

static void some_text(void)
{
	text.word = NO_WORD;
	text.number = NO_NUMBER;
	text.to_kernel = false;
	switch (below(8)) {
	case 0:
		some_garbage();
		break;
	case 1:
	case 2:
	case 3:
		some_number();
		break;
	default:
		some_word();
	}
	if (one_in(4))
		damage();
}

/* What must happen */

static int want_claim(const struct target *target)
{
	return target->claimed ? -EBUSY : 0;
}

static int want_owner(const struct target *target)
{
	if (text.word == NO_WORD)
		return -EINVAL;
	if (text.word == USER)
		return want_claim(target);
	if (!geteuid() || (target->claimed && target->claimer == geteuid()))
		return 0;
	/* what an administrator has unbound stays unbound */
	return target->claimed || text.word == KERNEL ? -EPERM : 0;
}

/* The number of an eventfd, 0 to -EINVAL for what is none */
static int want_event(void)
{
	unsigned int i;

	if (text.number < 0)
		return -EINVAL;
	if (text.number == CLOSED)
		return -EBADF;
	for (i = 0; i < EVENTS; i++)
		if (text.number == events[i])
			return 0;
	return -EINVAL;
}

static int want(const struct target *target, const char *file)
{
	int ret;

	if (!strcmp(file, "owner"))
		return want_owner(target);
	if (!strcmp(file, "lease")) {
		ret = want_event();
		return ret ? ret : want_claim(target);
	}
	if (text.to_kernel)
		return -EINVAL;
	return text.number == -1 ? 0 : want_event();
}

static void remember(struct target *target, const char *file)
{
	if (strcmp(file, "owner") && strcmp(file, "lease"))
		return;
	target->claimed = strcmp(file, "owner") || text.word == USER;
	target->type = UNDECIDED;
	if (target->claimed)
		seen->claims++;
	else
		seen->releases++;
	target->claimer = geteuid();
}

/* All that can be seen of a feature */
static const char *state(const struct target *target)
{
	static char buffers[2][2 * MAX_PAGE];
	static unsigned int next;
	char name[300], *buf = buffers[next++ % 2], *p = buf;
	struct dirent **entries;
	struct stat st;
	int i, n;

	p += sprintf(p, "owner %s pid %s", get_owner(target->name), get(target->name, "dflres/owner_pid"));
	path(name, sizeof(name), target->name, "dflres");
	n = scandir(name, &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		path(name, sizeof(name), target->name, "dflres/");
		strncat(name, entries[i]->d_name, sizeof(name) - strlen(name) - 1);
		if (!stat(name, &st))
			p += sprintf(p, "\n%s %o %u %u %ld", entries[i]->d_name, st.st_mode, st.st_uid, st.st_gid,
				     (long)st.st_size);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return buf;
}

static bool may_open(const struct target *target, const char *file, mode_t bits)
{
	char name[300];
	struct stat st;

	path(name, sizeof(name), target->name, file);
	if (stat(name, &st))
		return false;
	if (strstr(file, "resource0") && geteuid() && geteuid() != target->claimer)
		return false;
	if (!geteuid())
		return st.st_mode & (bits << 6 | bits << 3 | bits) || !S_ISREG(st.st_mode);
	if (st.st_uid == geteuid())
		return st.st_mode & bits << 6;
	return st.st_mode & (st.st_gid == getegid() ? bits << 3 : bits);
}

static int complain(const struct target *target, const char *file, const char *what, long got, long wanted)
{
	char start[32] = "";
	size_t i;

	for (i = 0; i < sizeof(start) - 1 && i < text.size; i++)
		start[i] = isprint((unsigned char)text.data[i]) ? text.data[i] : '.';
	note("%s, %s: %s: got %ld (%s), want %ld (%s); the text has %zu bytes: '%s'", target->name, file, what, got,
	     got < 0 ? strerror(-got) : "-", wanted, wanted < 0 ? strerror(-wanted) : "-", text.size, start);
	return 1;
}

static int write_text(struct target *target, const char *file, int fd)
{
	int ret, wanted = want(target, file);

	/* such a file has no places */
	ret = one_in(2) ? write(fd, text.data, text.size) : pwrite(fd, text.data, text.size, below(1UL << 40));
	if (ret < 0)
		ret = -errno;
	if (!wanted && ret == (int)text.size) {
		remember(target, file);
		if (strcmp(get_owner(target->name), target->claimed ? "user" : "none"))
			return complain(target, file, "the owner is not what was written", ret, ret);
		return 0;
	}
	seen->refused++;
	return ret == wanted ? 0 : complain(target, file, "write", ret, wanted);
}

static off_t some_offset(size_t size)
{
	switch (below(6)) {
	case 0:
		return rnd();
	case 1:
		return -(off_t)below(2 * PAGE);
	case 2:
		return size - 4 + below(8);
	case 3:
		return INT64_MAX - below(2 * PAGE);
	default:
		return below(size);
	}
}

/* What a read or a write moves, of so many bytes at the offset */
static long want_moved(const struct target *target, off_t offset, size_t count, bool writing)
{
	size_t left;

	/* the latter is refused before it reaches the file */
	if (offset < 0 || count > (size_t)INT64_MAX - offset)
		return -EINVAL;
	if ((size_t)offset >= target->size)
		return writing ? -EFBIG : 0;
	left = target->size - offset;
	if (count > PAGE)
		count = PAGE;
	return count < left ? count : left;
}

static int move_bytes(struct target *target, int fd, bool combined)
{
	static char buf[sizeof(text.data)];
	off_t offset = some_offset(target->size);
	bool writing = one_in(2);
	long ret, wanted = want_moved(target, offset, text.size, writing);

	if (wanted > 0 && combined)
		wanted = -EIO;
	else if (wanted > 0 && target->type == COMBINED)
		wanted = -EBUSY;
	ret = writing ? pwrite(fd, text.data, text.size, offset) : pread(fd, buf, text.size, offset);
	if (ret < 0)
		ret = -errno;
	if (ret != wanted)
		return complain(target, "resource0", writing ? "pwrite" : "pread", ret, wanted);
	if (ret > 0) {
		seen->moved++;
		target->type = UNCACHED;
	}
	if (writing && ret > 0)
		memcpy(shadow + target->at + offset, text.data, ret);
	if (!writing && ret > 0 && memcmp(buf, shadow + target->at + offset, ret))
		return complain(target, "resource0", "other bytes are read", offset, offset);
	return 0;
}

/* Whatever is asked for, no more than the feature is mapped, and in one way */
static int map_something(struct target *target, int fd, bool combined)
{
	size_t size = one_in(2) ? below(2 * target->size) + 1 : rnd();
	off_t offset = some_offset(target->size);
	void *map;

	if (one_in(2))
		offset &= -PAGE;
	map = mmap(NULL, size, below(8), one_in(4) ? MAP_PRIVATE : MAP_SHARED, fd, offset);
	if (map == MAP_FAILED)
		return 0;
	munmap(map, size);
	if (target->type == (combined ? UNCACHED : COMBINED))
		return complain(target, "resource0", "maps with another memory type", 0, -EBUSY);
	target->type = combined ? COMBINED : UNCACHED;
	size = (size + PAGE - 1) & -PAGE;
	return offset >= 0 && size <= target->size && (size_t)offset <= target->size - size ? 0 :
	       complain(target, "resource0", "maps what is not its own", offset, size);
}

static int use_registers(struct target *target, int fd, bool combined)
{
	switch (below(5)) {
	case 0:
		return map_something(target, fd, combined);
	case 1:
		return ioctl(fd, rnd(), text.data) && errno == ENOTTY ? 0 :
		       complain(target, "resource0", "ioctl", -errno, -ENOTTY);
	default:
		return move_bytes(target, fd, combined);
	}
}

/* Some file of the feature, as its directory has them at the moment */
static void some_file(const struct target *target, char *file, size_t size)
{
	struct dirent **entries;
	char name[300];
	int i, n;

	path(name, sizeof(name), target->name, "dflres");
	n = scandir(name, &entries, NULL, alphasort);
	/* "." and ".." come first */
	if (n > 2)
		snprintf(file, size, "dflres/%s", entries[2 + below(n - 2)]->d_name);
	else
		bail("the feature %s has files", target->name);
	for (i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
}

static int scribble_once(void)
{
	struct target *target = &targets[below(nr_targets)];
	char file[300], before[2 * MAX_PAGE];
	bool changed, was = target->claimed;
	int fd, bad, flags;

	some_file(target, file, sizeof(file));
	/* what changes things is more likely than all else */
	if (target->claimed && one_in(2))
		strcpy(file, "dflres/resource0");
	else if (one_in(2))
		strcpy(file, one_in(2) ? "dflres/owner" : "dflres/lease");
	some_text();
	flags = strstr(file, "resource0") ? O_RDWR : O_WRONLY | (one_in(4) ? O_TRUNC : 0) | (one_in(4) ? O_APPEND : 0);
	strcpy(before, state(target));
	fd = open_file(target->name, file, flags);
	if (fd < 0)
		bad = fd == -EACCES && !may_open(target, file, 02) ? 0 :
		      complain(target, file, "open", fd, may_open(target, file, 02) ? 0 : -EACCES);
	else if (!may_open(target, file, 02))
		bad = complain(target, file, "open", 0, -EACCES);
	else if (strstr(file, "resource0"))
		bad = use_registers(target, fd, strstr(file, "_wc"));
	else
		bad = write_text(target, file + strlen("dflres/"), fd);
	if (fd >= 0)
		close(fd);
	/* A claim that follows another one has a state of its own, but there is a release between them */
	changed = strcmp(before, state(target));
	if (changed && was == target->claimed)
		bad += complain(target, file, "something has changed", 0, 0);
	return bad;
}

/* An unprivileged process is still one */
static int went_up(void)
{
	char line[128];
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long long caps = 1;
	uid_t r, e, s;

	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "CapEff: %llx", &caps);
	if (status)
		fclose(status);
	getresuid(&r, &e, &s);
	return caps || r != ALICE || e != ALICE || s != ALICE ||
	       open("/sys/module/dflres/parameters/require_iommu", O_WRONLY) >= 0;
}

static int scribble(const void *seed)
{
	int i, ends[2], bad = 0;

	random_state = *(const uint64_t *)seed + geteuid();
	for (i = 0; i < EVENTS; i++)
		events[i] = new_event();
	if (pipe(ends))
		return 98;
	others[0] = ends[0];
	others[1] = ends[1];
	others[2] = open("/dev/null", O_RDWR);
	for (i = 0; i < WRITES; i++)
		bad += scribble_once();
	if (geteuid())
		bad += went_up();
	return bad < 90 ? bad : 90;
}

static size_t changed_bytes(void)
{
	size_t at, bad = 0;

	for (at = 0; at < bar_size; at += 8)
		if (*(volatile uint64_t *)(bar + at) != *(uint64_t *)(shadow + at) && !bad++)
			note("BAR 0 has other bytes at 0x%zx", at);
	return bad;
}

/* Every second feature is alice's to claim. The first of them is root's already, when a round begins. */
static void find_targets(void)
{
	struct dirent **entries;
	char name[300];
	int i, n;

	n = scandir("/sys/bus/dfl/devices", &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		struct target *target = &targets[nr_targets];

		if (entries[i]->d_name[0] != '.' && nr_targets < MAX_FEATURES) {
			snprintf(target->name, sizeof(target->name), "%.31s", entries[i]->d_name);
			target->at = bar_offset(target->name);
			target->size = reg_size(target->name);
			target->delegated = nr_targets++ % 2 == 0;
		}
		if (target->delegated) {
			path(name, sizeof(name), target->name, "dflres/owner");
			if (chown(name, -1, ALICE) || chmod(name, 0664))
				bail("owner can be delegated");
			path(name, sizeof(name), target->name, "dflres/lease");
			if (chown(name, -1, ALICE) || chmod(name, 0220))
				bail("lease can be delegated");
		}
		free(entries[i]);
	}
	free(entries);
	if (nr_targets < 4)
		bail("the card has features enough");
}

/* Back to where a round begins: one feature is root's, nobody has the others */
static void release_all(void)
{
	unsigned int i;

	for (i = 0; i < nr_targets; i++) {
		set_owner(targets[i].name, "none");
		if (!owner_becomes(targets[i].name, "none"))
			bail("the feature %s is released", targets[i].name);
		targets[i].claimed = false;
		targets[i].type = UNDECIDED;
	}
	targets[0].claimed = !set_owner(targets[0].name, "user");
	targets[0].claimer = 0;
}

static void one_round(uint64_t seed, uid_t uid)
{
	const char *who = uid ? "alice" : "root";
	int mark = log_mark(), all = log_mark();

	release_all();
	is(as_user(uid, scribble, &seed), 0, "round %lu: each of %u writes by %s has the result that it must have",
	   (long)seed, WRITES, who);
	is(log_lines_since(mark), 0, "random writes leave no line of dflres in the kernel's log");
	ok(log_lines_with(all, "") < 20, "random writes do not let the kernel's log grow much");
	is(changed_bytes(), 0, "random writes change only registers of claimed features");
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	size_t at;
	unsigned int i, rounds = argc > 3 ? strtoul(argv[3], NULL, 0) : 20;

	if (argc < 2)
		bail("usage: scribble CARD [SEED [ROUNDS]]");
	setup(argv[1]);
	bar = bar_map(&bar_size);
	shadow = mmap(NULL, bar_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shadow == MAP_FAILED || seen == MAP_FAILED)
		bail("there is enough memory for the test");
	for (at = 0; at < bar_size; at += 8)
		*(uint64_t *)(shadow + at) = *(volatile uint64_t *)(bar + at);
	find_targets();
	note("seeds %lu to %lu", (long)seed, (long)seed + rounds - 1);
	for (i = 0; i < rounds; i++) {
		one_round(seed + i, ALICE);
		one_round(seed + i, 0);
	}
	note("%u claims, %u releases, %u writes refused, registers moved %u times", seen->claims, seen->releases,
	     seen->refused, seen->moved);
	ok(seen->claims && seen->releases && seen->refused && seen->moved,
	   "random writes claimed, released, were refused and moved registers");
	release_all();
	is(set_owner(targets[0].name, "none"), 0, "the last claim is released after all random writes");
	return done();
}
