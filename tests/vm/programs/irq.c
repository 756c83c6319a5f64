// SPDX-License-Identifier: GPL-2.0
/*
 * A claim's interrupts: cards/irqs.card, whose vectors are fired for real. How many there were the kernel itself says.
 * `irq none` is for kernels and cards on which no feature has interrupts.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fpga-dfl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST 10000

/* Its features, by id, and their vectors */
#define ONE 0x400	/* 0 */
#define THREE 0x401	/* 1, 2, 3 */
#define TWO 0x402	/* 4, 5 */
#define BETWEEN 0x403	/* 3, 4 */
#define FMES 0x404	/* 6, 7: the latter can be dfl-fme's as well */
#define NONE 0x405
#define OVER_TABLE 0x406

/* What `card irq` ends with for a vector that nobody has requested */
#define MASKED 2

static char *one, *three, *two, *between;

static void find_features(void)
{
	free(one);
	free(three);
	free(two);
	free(between);
	one = need_feature(ONE, 0);
	three = need_feature(THREE, 0);
	two = need_feature(TWO, 0);
	between = need_feature(BETWEEN, 0);
}

static void claim(const char *feat)
{
	if (set_owner(feat, "user"))
		bail("%s can be claimed", feat);
}

static void release(const char *feat)
{
	if (set_owner(feat, "none"))
		bail("%s can be released", feat);
}

/* Returns when all have been handled, or says why not */
static int fire(unsigned int vector, unsigned int times)
{
	return sh("card irq %u %u", vector, times);
}

static bool is_masked(unsigned int vector)
{
	return sh("card irq %u 2>/dev/null", vector) == MASKED;
}

static const char *irq_file(unsigned int irq, const char *suffix)
{
	static char name[64];

	snprintf(name, sizeof(name), "dflres/irq%u%s", irq, suffix);
	return name;
}

/* -1 if it is not a number */
static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	return end == text || *end ? -1 : value;
}

/* What irqN says */
static long count(const char *feat, unsigned int irq)
{
	return number(get(feat, irq_file(irq, "")));
}

static int open_irq(const char *feat, unsigned int irq)
{
	return open_file(feat, irq_file(irq, ""), O_RDONLY);
}

static long read_count(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 1)
		return -errno;
	text[n - 1] = '\0';
	return number(text);
}

static int attach(const char *feat, unsigned int irq, int event)
{
	return put_event(feat, irq_file(irq, "_eventfd"), event);
}

static bool has_irq_files(const char *feat, unsigned int irq)
{
	return has_file(feat, irq_file(irq, "")) && has_file(feat, irq_file(irq, "_eventfd"));
}

static bool has_any_irq_file(const char *feat)
{
	unsigned int irq;

	for (irq = 0; irq < 8; irq++)
		if (has_file(feat, irq_file(irq, "")) ||
		    has_file(feat, irq_file(irq, "_eventfd")))
			return true;
	return false;
}

static void test_files(void)
{
	is_str(get(three, "dflres/num_irqs"), "3", "num_irqs of a feature with three interrupts says 3");
	ok(!has_any_irq_file(three), "a feature has no files of interrupts before a claim");
	claim(three);
	ok(has_irq_files(three, 0) && has_irq_files(three, 1) && has_irq_files(three, 2),
	   "a claim brings two files for each of three interrupts");
	ok(!has_file(three, "dflres/irq3") && !has_file(three, "dflres/irq3_eventfd"),
	   "a claim brings no files for a fourth interrupt of three");
	ok(is_file_of(three, "dflres/irq2", 0400, 0), "irqN is for the claimer to read");
	ok(is_file_of(three, "dflres/irq2_eventfd", 0200, 0),
	   "irqN_eventfd is for the claimer to write");
	is_str(get(three, "dflres/irq0"), "0", "irq0 says 0 before the first interrupt");
	ok(!is_masked(1) && !is_masked(2) && !is_masked(3), "all vectors of a claimed feature can be fired");
	release(three);
	ok(!has_any_irq_file(three), "a release takes the files of interrupts away");
	ok(is_masked(1) && is_masked(2) && is_masked(3), "no vector can be fired after the release");
}

static void test_no_interrupts(const char *feat)
{
	is_str(get(feat, "dflres/num_irqs"), "0", "num_irqs of a feature without interrupts says 0");
	is(set_owner(feat, "user"), 0, "a feature without interrupts can be claimed");
	ok(!has_any_irq_file(feat), "a claim of a feature without interrupts brings no files for them");
	is(set_owner(feat, "none"), 0, "the feature without interrupts is released");
}

static void test_bursts(void)
{
	static const unsigned int vectors[] = { 1, 3 };
	unsigned int i;

	claim(three);
	for (i = 0; i < 2; i++) {
		unsigned int vector = vectors[i], irq = vector - 1;
		long before = counted(vector);
		int event = new_event();

		is(attach(three, irq, event), 0, "an eventfd is attached to interrupt %u", irq);
		is(fire(vector, BURST), 0, "a burst of %d interrupts is fired", BURST);
		is(counted(vector) - before, BURST, "the kernel has counted each interrupt of a burst");
		is(count(three, irq), BURST, "the count of irq%u is that of the burst", irq);
		is(event_sum(event), BURST, "the eventfd's sum is that of the burst");
		is(count(three, 1), 0, "a burst of one interrupt is not counted as another one");
		close(event);
	}
	release(three);
}

static void test_nobody_listens(void)
{
	int fd, event;

	claim(one);
	is(fire(0, 3), 0, "three interrupts come between a claim and the first look");
	fd = open_irq(one, 0);
	ok(poll_for(fd, POLLPRI, 0) & POLLPRI, "a poll before the first read returns at once");
	is(read_count(fd), 3, "no interrupt from before the first look is lost");
	close(fd);
	is(fire(0, BURST), 0, "%d interrupts are fired while nobody has a file open", BURST);
	is(count(one, 0), BURST + 3, "interrupts that come while nobody has a file open are counted");

	event = new_event();
	is(attach(one, 0, event), 0, "an eventfd is attached after interrupts have come");
	is(event_sum(event), 0, "an eventfd is not told of interrupts from before it was attached");
	is(fire(0, 2), 0, "two interrupts come after the eventfd was attached");
	is(event_sum(event), 2, "an eventfd is told of all interrupts after it was attached");
	close(event);
	release(one);

	claim(one);
	is(count(one, 0), 0, "each claim counts from zero");
	is(fire(0, 5), 0, "five interrupts come in the second claim");
	is(count(one, 0), 5, "the second claim has counted five interrupts");
	release(one);
}

static void test_never_mix(void)
{
	static const struct {
		unsigned int id, first, vectors;
	} features[] = { { ONE, 0, 1 }, { THREE, 1, 3 }, { TWO, 4, 2 }, { FMES, 6, 2 } };
	unsigned int f, irq, bad_counts = 0, bad_sums = 0, bad_fires = 0, vector;
	char *feats[4];
	int events[8];

	for (f = 0; f < 4; f++) {
		feats[f] = need_feature(features[f].id, 0);
		claim(feats[f]);
		for (irq = 0; irq < features[f].vectors; irq++) {
			events[features[f].first + irq] = new_event();
			bad_sums += attach(feats[f], irq, events[features[f].first + irq]);
		}
	}
	/* A different number of each, in several turns */
	for (vector = 0; vector < 16; vector++)
		bad_fires += fire(vector % 8, 1 + vector) != 0;
	for (f = 0; f < 4; f++)
		for (irq = 0; irq < features[f].vectors; irq++) {
			long want = 2 * (features[f].first + irq) + 10;

			bad_counts += count(feats[f], irq) != want;
			bad_sums += event_sum(events[features[f].first + irq]) != want;
			close(events[features[f].first + irq]);
		}
	is(bad_fires, 0, "eight vectors of four features are fired in turns");
	is(bad_counts, 0, "each irqN has counted the interrupts of its own vector");
	is(bad_sums, 0, "each eventfd has counted the interrupts of its own vector");
	for (f = 0; f < 4; f++) {
		release(feats[f]);
		free(feats[f]);
	}
}

static void test_poll(void)
{
	int fd, other, again, second;

	claim(two);
	fd = open_irq(two, 0);
	again = open_irq(two, 0);
	second = open_irq(two, 1);
	other = open_file(two, "dflres/owner", O_RDONLY);
	read_count(fd);
	read_count(again);
	read_count(second);
	read_count(other);
	is(poll_for(fd, POLLPRI, 0), 0, "poll of irqN waits after a read");
	is(fire(4, 1), 0, "an interrupt comes, to be polled for");
	ok(poll_for(fd, POLLPRI, 0) & POLLPRI, "an interrupt ends the poll of irqN");
	ok(poll_for(again, POLLPRI, 0) & POLLPRI, "an interrupt ends the poll of a second descriptor of irqN");
	is(poll_for(second, POLLPRI, 0), 0, "an interrupt does not end the poll of another irqN");
	is(poll_for(other, POLLPRI, 0), 0, "an interrupt does not end the poll of owner");
	ok(poll_for(fd, POLLPRI, 0) & POLLPRI, "irqN stays ready until it is read");
	is(read_count(fd), 1, "irqN says 1 after one interrupt");
	is(poll_for(fd, POLLPRI, 0), 0, "poll of irqN waits again after the next read");
	ok(poll_for(again, POLLPRI, 0) & POLLPRI, "a descriptor of irqN that has not been read stays ready");

	is(fire(4, 100), 0, "a hundred interrupts come, to be polled for");
	ok(poll_for(fd, POLLPRI, 0) & POLLPRI, "a hundred interrupts end the poll of irqN");
	is(read_count(fd), 101, "one read of irqN tells of all 101 interrupts");
	is(poll_for(fd, POLLPRI, 0), 0, "poll of irqN waits again after a hundred interrupts were read");
	is(read_count(again), 101, "the second descriptor of irqN reads all 101 at last");
	is(fire(4, 1), 0, "one more interrupt comes, to be polled for by two");
	ok(poll_for(again, POLLPRI, 0) & POLLPRI && poll_for(fd, POLLPRI, 0) & POLLPRI,
	   "an interrupt ends the polls of both descriptors of irqN");
	close(fd);
	close(again);
	close(second);
	close(other);
	release(two);
}

/* kernfs queues work for each waking, which takes locks of all of sysfs: who does not read is woken once */
static void test_woken_once(void)
{
	struct epoll_event want = { .events = EPOLLPRI | EPOLLET }, event;
	int fd, watch = epoll_create1(EPOLL_CLOEXEC), i, wakings = 0;

	claim(two);
	fd = open_irq(two, 0);
	read_count(fd);
	if (watch < 0 || epoll_ctl(watch, EPOLL_CTL_ADD, fd, &want))
		bail("epoll takes a descriptor of irq0: %s", strerror(errno));
	is(epoll_wait(watch, &event, 1, 0), 0, "epoll has no event before the first interrupt");
	for (i = 0; i < 20; i++) {
		if (fire(4, 1))
			bail("vector 4 can be fired");
		wakings += epoll_wait(watch, &event, 1, 0);
	}
	is(wakings, 1, "20 interrupts, of which nobody reads, wake once");
	is(read_count(fd), 20, "one read of irqN tells of all 20 interrupts");
	is(fire(4, 1), 0, "one more interrupt comes after all 20 were read");
	is(epoll_wait(watch, &event, 1, 0), 1, "an interrupt after the read wakes again");
	close(watch);
	close(fd);
	release(two);
}

/* Somebody who fires a vector once for each byte that is written to him, and looks for it without sleeping */
static pid_t trigger(const char *vector, int *fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		bail("a pipe can be made");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(ends[0], 0);
		execlp("card", "card", "irq", vector, "-", NULL);
		_exit(99);
	}
	close(ends[0]);
	*fd = ends[1];
	return pid;
}

struct turns {
	int trigger;
	unsigned int turns, at_once, max_us;
};

/* The interrupts come before, in, and after the read before the poll: who then misses the last one sleeps for ever */
static int waits_for_each(const void *arg)
{
	const struct turns *turns = arg;
	char bytes[64] = "";
	int fd = open_irq(two, 0);
	unsigned int i;
	long seen = read_count(fd), want = seen;

	for (i = 0; i < turns->turns; i++) {
		want += turns->at_once;
		if (write(turns->trigger, bytes, turns->at_once) != turns->at_once)
			return 1;
		wait_us(i % (turns->max_us + 1));
		seen = read_count(fd);
		while (seen < want) {
			if (!(poll_for(fd, POLLPRI, -1) & POLLPRI))
				return 2;
			seen = read_count(fd);
		}
		if (seen != want)
			return 3;
	}
	return 0;
}

static void test_none_slept_through(void)
{
	static struct turns turns[] = {
		{ .turns = 500, .at_once = 1, .max_us = 0 },
		{ .turns = 1000, .at_once = 1, .max_us = 60 },
		{ .turns = 300, .at_once = 40, .max_us = 60 },
	};
	unsigned int i, all = 0;
	pid_t sender;
	int fd;

	claim(two);
	sender = trigger("4", &fd);
	for (i = 0; i < sizeof(turns) / sizeof(*turns); i++) {
		turns[i].trigger = fd;
		is(finish(background(waits_for_each, &turns[i])), 0,
		   "%u times %u interrupts, while irq0 is read and polled, and none is slept through",
		   turns[i].turns, turns[i].at_once);
		all += turns[i].turns * turns[i].at_once;
	}
	close(fd);
	is(finish(sender), 0, "the process that fires interrupts ends, each counted by the kernel");
	is(count(two, 0), all, "irq0 has counted as many interrupts as were fired");
	release(two);
}

static int polls(const void *arg)
{
	const char *text = arg;
	int fd = open_irq(two, text[0] - '0');

	if (read_count(fd))
		return 1;
	if (!(poll_for(fd, POLLPRI, -1) & POLLPRI))
		return 2;
	return read_count(fd);
}

/* 50 if it was woken by the end of the claim */
static int polls_until_release(const void *arg)
{
	const char *text = arg;
	int fd = open_irq(two, text[0] - '0');

	if (read_count(fd) < 0)
		return 1;
	if (!(poll_for(fd, POLLPRI, -1) & POLLERR))
		return 2;
	return read_count(fd) == -ENODEV ? 50 : 3;
}

static void test_sleepers(void)
{
	pid_t first[2], second;
	int id = free_event_id(), event = new_event(), event_file, fd;

	claim(two);
	first[0] = background(polls, "0");
	first[1] = background(polls, "0");
	second = background(polls_until_release, "1");
	until_asleep(first[0]);
	until_asleep(first[1]);
	until_asleep(second);
	is(fire(4, 1), 0, "an interrupt comes while two processes sleep in poll");
	is(finish(first[0]) + finish(first[1]), 2, "an interrupt wakes both processes that sleep in poll");
	is(waitpid(second, NULL, WNOHANG), 0, "an interrupt does not wake who waits for another interrupt");

	is(attach(two, 0, event), 0, "an eventfd is attached before the release");
	event_file = open_file(two, "dflres/irq0_eventfd", O_WRONLY);
	fd = open_irq(two, 0);
	read_count(fd);
	release(two);
	is(finish(second), 50, "a release wakes who waits for an interrupt");
	is(read_count(fd), -ENODEV, "a descriptor of irqN is dead after the release");
	ok(poll_for(fd, POLLPRI, 0) & POLLERR, "poll of a dead descriptor of irqN says POLLERR");
	is(write(event_file, "-1", 2) < 0 ? -errno : 0, -ENODEV,
	   "a descriptor of irqN_eventfd is dead after the release");
	ok(is_masked(4) && is_masked(5), "the vectors are masked after the release");
	close(event);
	is(free_event_id(), id, "a release lets go of the eventfd");

	claim(two);
	is(fire(4, 2), 0, "two interrupts come in the next claim");
	is(read_count(fd), -ENODEV, "an old descriptor of irqN stays dead in the next claim");
	is(count(two, 0), 2, "a new descriptor of irqN works in the next claim");
	release(two);
	close(fd);
	close(event_file);
}

static void test_eventfds(void)
{
	int a = new_event(), b = new_event(), copy, id = free_event_id();
	pid_t child;

	claim(three);
	is(attach(three, 0, a), 0, "the first eventfd is attached");
	is(attach(three, 0, b), 0, "the second eventfd replaces the first one");
	is(fire(1, 3), 0, "three interrupts come after the eventfd was replaced");
	is(event_sum(a), 0, "an eventfd that was replaced gets no interrupt");
	is(event_sum(b), 3, "the eventfd that replaced another one gets all interrupts");
	is(attach(three, 0, b), 0, "an eventfd is attached where it is attached already");
	is(fire(1, 3), 0, "three interrupts come to the eventfd that was attached twice");
	is(event_sum(b), 3, "an eventfd that was attached twice gets each interrupt once");

	is(put_str(three, "dflres/irq0_eventfd", "-1\n"), 0, "an eventfd is detached by -1");
	is(fire(1, 3), 0, "three interrupts come after the eventfd was detached");
	is(event_sum(b), 0, "an eventfd that was detached gets no interrupt");
	is(count(three, 0), 9, "interrupts without an eventfd are counted");
	is(put_str(three, "dflres/irq0_eventfd", "-1"), 0,
	   "-1 without a newline is taken where nothing is attached");

	is(attach(three, 0, a) || attach(three, 1, a) || attach(three, 2, a), 0,
	   "one eventfd is attached to three interrupts");
	is(fire(1, 1) || fire(2, 10) || fire(3, 100), 0, "1, 10 and 100 interrupts come to one eventfd");
	is(event_sum(a), 111, "one eventfd of three interrupts has their sum");

	copy = dup(a);
	close(a);
	is(fire(1, 4), 0, "one of two descriptors of the eventfd is closed");
	is(event_sum(copy), 4, "the eventfd gets all interrupts by its other descriptor");
	close(copy);
	is(fire(1, 4) || fire(2, 4), 0, "interrupts come after the eventfd's last descriptor is closed");
	is(count(three, 0), 18, "interrupts to an eventfd without descriptors are counted");
	is(free_event_id(), id, "an attached eventfd without descriptors is kept");
	is(put_str(three, "dflres/irq0_eventfd", "-1") || attach(three, 1, b), 0,
	   "the eventfd is detached from two of its three interrupts");
	is(free_event_id(), id, "the eventfd is kept for the last interrupt that it is attached to");
	is(put_str(three, "dflres/irq2_eventfd", "-1"), 0, "the eventfd is detached from its last interrupt");
	ok(free_event_id() < id, "an eventfd is freed when it is detached from its last interrupt");

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(attach(three, 0, b) ? 1 : 0);
	is(finish(child), 0, "a child attaches an eventfd that it has inherited, and ends");
	is(fire(1, 6), 0, "six interrupts come after the child has ended");
	is(event_sum(b), 6, "interrupts come to the parent's eventfd that a child attached");
	release(three);
	close(b);
}

static void test_bad_input(void)
{
	static const struct bad_text bad[] = {
		{ "an empty line", "\n", 1 },
		{ "a word", "eventfd\n", 8 },
		{ "a minus", "-", 1 },
		{ "another negative number", "-2\n", 3 },
		{ "a large negative number", "-2147483648", 11 },
		{ "a trailing space", "0 \n", 3 },
		{ "a trailing space without a newline", "-1 ", 3 },
		{ "a leading space", " -1\n", 4 },
		{ "two newlines", "-1\n\n", 4 },
		{ "two numbers", "-1 -1\n", 6 },
		{ "a fraction", "1.0\n", 4 },
		{ "a hexadecimal number", "0x1\n", 4 },
		{ "a NUL at the end", "-1\0", 3 },
		{ "a NUL in the middle", "-1\0-1", 5 },
		{ "bytes that are no text", "\xff\xfe\x00\x01", 4 },
		{ "a number too large for a descriptor", "4294967295", 10 },
		{ "a number too large for anything", "99999999999999999999999", 23 },
	};
	int event = new_event(), mark;

	claim(one);
	is(attach(one, 0, event), 0, "an eventfd is attached before bad texts");
	mark = log_mark();
	refuses(one, "dflres/irq0_eventfd", bad, sizeof(bad) / sizeof(bad[0]));
	refuses_descriptors(one, "dflres/irq0_eventfd");
	is(open_file(one, "dflres/irq0", O_WRONLY), -EACCES, "irq0 is not writable");
	is(open_file(one, "dflres/irq0_eventfd", O_RDONLY), -EACCES,
	   "irq0_eventfd is not readable");
	is(log_lines_since(mark), 0, "bad texts to irqN_eventfd leave no line in the kernel's log");
	is(fire(0, 7), 0, "seven interrupts come after bad texts");
	is(event_sum(event), 7, "the eventfd is still attached after bad texts");
	is(count(one, 0), 7, "irq0 has counted nothing but what came after bad texts");
	release(one);
	close(event);
}

/* A claim that must fail as a whole, and silently */
static void refused(const char *feat, const char *why)
{
	int mark = log_mark();

	is(set_owner(feat, "user"), -EBUSY, "%s: the claim is refused", why);
	is(log_lines_since(mark), 0, "%s: the refusal leaves no line in the kernel's log", why);
	is_str(get_owner(feat), "none", "%s: nobody has the feature", why);
	ok(!has_any_irq_file(feat) && !has_file(feat, "dflres/resource0"),
	   "%s: a refused claim brings no files", why);
}

static void test_shared_vector(void)
{
	claim(three);
	refused(between, "a claim whose first vector another claim holds");
	ok(is_masked(4), "a refused claim does not hold its second vector");
	is(fire(3, 5), 0, "five interrupts of the shared vector come");
	is(count(three, 2), 5, "interrupts of a shared vector go to who claimed first");
	release(three);

	claim(two);
	refused(between, "a claim whose second vector another claim holds");
	ok(is_masked(3), "a refused claim does not hold its first vector");
	is(set_owner(three, "user"), 0, "the other feature of the refused claim's first vector can be claimed");
	release(three);
	release(two);

	is(set_owner(between, "user"), 0, "a feature that shares both vectors can be claimed when both are free");
	refused(three, "then a claim whose last vector is held");
	refused(two, "and one whose first is");
	is(fire(3, 2) || fire(4, 3), 0, "interrupts of both shared vectors come");
	is(count(between, 0) * 10 + count(between, 1), 23,
	   "interrupts of shared vectors go to the claim that there is");
	release(between);
}

/* Has dfl-fme request vector 7, as a program that wants to hear of the card's errors does; -1 as eventfd: free it */
static int fme_takes_vector(int event)
{
	struct {
		struct dfl_fpga_irq_set set;
		int32_t event;
	} arg = { .set = { .start = 0, .count = 1 }, .event = event };
	int fd = open("/dev/dfl-fme.0", O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		bail("the file /dev/dfl-fme.0 opens");
	ret = ioctl(fd, DFL_FPGA_FME_ERR_SET_IRQ, &arg) ? -errno : 0;
	/* The last close frees the vector */
	if (event < 0 || ret)
		close(fd);
	return ret;
}

/* Says on one pipe that it is ready, and goes on when the other one is closed */
static int meet(int ready, int over)
{
	char byte;

	return write(ready, "", 1) == 1 && !read(over, &byte, 1) ? 0 : 90;
}

static void test_drivers_vector(void)
{
	char *fmes = need_feature(FMES, 0);
	int ready[2], over[2], event = new_event();
	pid_t child;
	char byte;

	if (pipe2(ready, O_CLOEXEC) || pipe2(over, O_CLOEXEC))
		bail("pipes can be made");
	fflush(stdout);
	child = fork();
	if (!child) {
		close(over[1]);
		_exit(fme_takes_vector(event) ? 1 : meet(ready[1], over[0]));
	}
	close(ready[1]);
	is(read(ready[0], &byte, 1), 1, "dfl-fme holds a vector");
	refused(fmes, "a claim whose second vector a kernel driver holds");
	ok(is_masked(6), "a claim refused for a driver's vector does not hold its first one");
	close(over[1]);
	is(finish(child), 0, "dfl-fme frees its vector");
	is(set_owner(fmes, "user"), 0, "the feature can be claimed when dfl-fme has freed its vector");
	is(fme_takes_vector(event), -EBUSY, "dfl-fme cannot have the vector of a claim");
	is(fire(7, 3), 0, "three interrupts come on the vector that dfl-fme had");
	is(count(fmes, 1), 3, "the claim counts interrupts of the vector that dfl-fme had");
	release(fmes);
	free(fmes);
	close(event);
	close(ready[0]);
	close(over[0]);
}

static int can_open_files(const void *unused)
{
	(void)unused;
	return (open_irq(two, 0) >= 0) + (open_file(two, "dflres/irq0_eventfd", O_WRONLY) >= 0);
}

struct pipes {
	int ready, over;
};

/* Claims and does all that one can with interrupts; fires nothing, for only root can */
static int listens(const void *arg)
{
	const struct pipes *pipes = arg;
	int event = new_event(), fd;

	if (set_owner(two, "user"))
		return 1;
	fd = open_irq(two, 1);
	if (read_count(fd) != 0 || attach(two, 1, event))
		return 2;
	if (meet(pipes->ready, pipes->over))
		return 3;
	if (!(poll_for(fd, POLLPRI, -1) & POLLPRI) || read_count(fd) != 12)
		return 4;
	if (event_sum(event) != 12)
		return 5;
	return put_str(two, "dflres/irq1_eventfd", "-1") ? 6 : 0;
}

static int release_it(const void *unused)
{
	(void)unused;
	return -set_owner(two, "none");
}

static void test_unprivileged(void)
{
	int ready[2], over[2];
	struct pipes pipes;
	char name[256], byte;
	pid_t alice;

	path(name, sizeof(name), two, "dflres/owner");
	chmod(name, 0666);
	if (pipe2(ready, O_CLOEXEC) || pipe2(over, O_CLOEXEC))
		bail("pipes can be made");
	pipes = (struct pipes){ ready[1], over[0] };
	fflush(stdout);
	alice = fork();
	if (!alice) {
		close(over[1]);
		_exit(as_user(ALICE, listens, &pipes));
	}
	close(ready[1]);
	is(read(ready[0], &byte, 1), 1, "alice claims, reads and attaches an eventfd");
	ok(is_file_of(two, "dflres/irq1", 0400, ALICE), "irqN belongs to alice who claimed");
	ok(is_file_of(two, "dflres/irq1_eventfd", 0200, ALICE), "irqN_eventfd belongs to alice who claimed");
	is(as_user(BOB, can_open_files, NULL), 0, "bob can open neither irqN nor irqN_eventfd of alice's claim");
	is(fire(5, 12), 0, "twelve interrupts come in alice's claim");
	close(over[1]);
	is(finish(alice), 0, "alice hears of the interrupts in her claim");
	is(fire(5, 1), 0, "an interrupt comes after alice's process is gone");
	is(count(two, 1), 13, "an interrupt is counted after the claimer's process is gone");
	is(as_user(ALICE, release_it, NULL), 0, "alice releases her claim with interrupts");
	chmod(name, 0644);
	close(ready[0]);
	close(over[0]);
}

static pid_t storm(unsigned int vector)
{
	char text[8];
	pid_t pid;

	snprintf(text, sizeof(text), "%u", vector);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execlp("card", "card", "storm", text, NULL);
		_exit(99);
	}
	return pid;
}

static void calm(pid_t pid)
{
	kill(pid, SIGKILL);
	finish(pid);
}

static void test_storm_over_claims(void)
{
	unsigned int round, bad = 0, silent = 0;
	pid_t storms[3] = { storm(1), storm(2), storm(3) };
	int event = new_event(), id = free_event_id(), mark = log_mark();
	long before[3], replayed, i;

	for (round = 0; round < 100; round++) {
		bad += set_owner(three, "user") != 0;
		bad += attach(three, round % 3, event) != 0;
		bad += count(three, 1) < 0;
		if (round % 10 == 0)
			silent += !irq_counts_to(three, round % 3, 1);
		bad += set_owner(three, round % 2 ? "none" : "kernel") != 0;
		event_sum(event);
		bad += poll_for(event, POLLIN, 0);
	}
	is(bad, 0, "100 claims and releases amidst interrupts, with an eventfd");
	is(silent, 0, "interrupts came during the claims amidst interrupts");
	is(free_event_id(), id, "no claim amidst interrupts has kept the eventfd");

	claim(three);
	ok(irq_counts_to(three, 0, 100) && irq_counts_to(three, 1, 100) && irq_counts_to(three, 2, 100),
	   "three vectors at a time are counted");
	is(log_lines_with(mark, "nobody cared"), 0, "every interrupt had its handler");
	/* One that comes while a vector is being freed is replayed when it is requested again */
	for (round = 0, replayed = 0; round < 20; round++) {
		release(three);
		for (i = 0; i < 3; i++)
			calm(storms[i]);
		claim(three);
		replayed += count(three, 0) + count(three, 1) + count(three, 2);
		for (i = 0; i < 3; i++)
			storms[i] = storm(i + 1);
		for (i = 0; i < 3; i++)
			irq_counts_to(three, i, 10);
	}
	/* A message that a busy machine delivers late is none from before */
	ok(replayed < 5, "20 claims after storms that outlasted a release have counted no interrupt from before them");
	for (i = 0; i < 3; i++)
		calm(storms[i]);
	release(three);
	claim(three);
	is(count(three, 0) + count(three, 1) + count(three, 2), 0, "the claim after the storms begins with 0");
	for (i = 0; i < 3; i++)
		before[i] = counted(i + 1);
	event_sum(event);
	is(attach(three, 0, event) || attach(three, 2, event), 0, "an eventfd is attached to two of three interrupts");
	for (i = 0; i < 3; i++)
		storms[i] = storm(i + 1);
	for (i = 0; i < 3; i++)
		irq_counts_to(three, i, 1000);
	for (i = 0; i < 3; i++)
		calm(storms[i]);
	for (i = 0; i < 3; i++)
		is(count(three, i), counted(i + 1) - before[i],
		   "irq%ld is what the kernel has counted, however they came", i);
	is(event_sum(event), count(three, 0) + count(three, 2),
	   "the eventfd's sum is the sum of its two interrupts' counts");
	release(three);
	close(event);
}

static void test_storm_over_unplug(void)
{
	int mark = log_mark(), id = free_event_id();
	unsigned int round, bad = 0, asleep = 0;

	for (round = 0; round < 4; round++) {
		int event = new_event(), fd;
		pid_t storms[2], sleeper;

		claim(three);
		claim(two);
		sleeper = background(polls_until_release, "1");
		bad += attach(three, 0, event) || attach(two, 0, event);
		fd = open_irq(three, 0);
		until_asleep(sleeper);
		storms[0] = storm(1);
		storms[1] = storm(4);
		bad += !irq_counts_to(three, 0, 100) || !irq_counts_to(two, 0, 100);
		bad += !(round % 2 ? unplug() : !sh("card unbind"));
		bad += read_count(fd) != -ENODEV;
		event_sum(event);
		bad += poll_for(event, POLLIN, 0);
		asleep += finish(sleeper) != 50;
		calm(storms[0]);
		calm(storms[1]);
		close(fd);
		close(event);
		sh("card rescan 2>/dev/null");
		card_up("irqs");
		find_features();
	}
	is(bad, 0, "the card goes amidst interrupts, 4 times, and they end");
	is(asleep, 0, "the card's end wakes who sleeps in poll");
	is(free_event_id(), id, "no eventfd is kept when the card goes");
	is(log_lines_with(mark, "nobody cared"), 0, "every interrupt had its handler while the card went");
	claim(three);
	is(count(three, 0), 0, "irq0 of the new card begins with 0");
	is(fire(1, 9), 0, "nine interrupts of the new card come");
	is(count(three, 0), 9, "nine interrupts of the new card are counted");
	release(three);
}

static void test_lease(void)
{
	int id = free_event_id(), event = new_event();
	pid_t sender;

	is(take_lease(two, event), 0, "a feature with interrupts is leased");
	is(attach(two, 0, event) || attach(two, 1, event), 0,
	   "the lease's eventfd is attached to the interrupts as well");
	is(fire(4, 20) || fire(5, 3), 0, "23 interrupts come to the lease's eventfd");
	is(event_sum(event), 23, "the lease's eventfd gets all interrupts");
	is_str(get_owner(two), "user", "reading the lease's eventfd does not end the claim");
	is(fire(4, BURST), 0, "%d more interrupts come to the lease's eventfd", BURST);
	is(event_sum(event), BURST, "the lease's eventfd gets interrupts after it was read");
	is(count(two, 0), BURST + 20, "irq0 counts beside the lease's eventfd");
	is(attach(one, 0, event), -ENOENT, "a feature that is not claimed has no irq0_eventfd");

	sender = storm(4);
	close(event);
	ok(lease_ends(two), "the close of the eventfd amidst interrupts ends the claim");
	calm(sender);
	ok(is_masked(4) && is_masked(5), "the vectors are masked after the lease's end");
	ok(free_event_id_becomes(id), "the eventfd is let go of after the lease's end");

	event = new_event();
	is(take_lease(two, event), 0, "the feature is leased again");
	is(count(two, 0), 0, "the next lease counts from zero");
	is(attach(two, 0, event), 0, "the lease's eventfd is attached again");
	is(set_owner(two, "none"), 0, "the lease is released by owner");
	is(set_owner(two, "user"), 0, "the feature is claimed without a lease");
	is(fire(4, 4), 0, "four interrupts come in the claim without a lease");
	is(event_sum(event), 0, "the lease's eventfd gets no interrupts of the next claim");
	close(event);
	release(two);

	event = new_event();
	claim(three);
	is(take_lease(between, event), -EBUSY, "no lease is taken where another claim holds a vector");
	is_str(get_owner(between), "none", "nobody has the feature after the refused lease");
	ok(is_masked(4), "a refused lease does not hold its second vector");
	is(take_lease(need_feature(OVER_TABLE, 0), event), -ENXIO,
	   "a feature that cannot be claimed cannot be leased");
	close(event);
	is(free_event_id(), id, "the eventfd of refused leases is let go of");
	release(three);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "none")) {
		setup("basic");
		test_no_interrupts(need_feature(PLAIN, 0));
		test_no_interrupts(need_feature(UIO, 0));
		return done();
	}
	setup("irqs");
	find_features();
	test_files();
	test_no_interrupts(need_feature(NONE, 0));
	test_bursts();
	test_nobody_listens();
	test_never_mix();
	test_poll();
	test_woken_once();
	test_none_slept_through();
	test_sleepers();
	test_eventfds();
	test_bad_input();
	test_shared_vector();
	test_drivers_vector();
	test_unprivileged();
	test_storm_over_claims();
	test_lease();
	test_storm_over_unplug();
	is(unload("dflres"), 0, "the module unloads after all interrupts");
	return done();
}
