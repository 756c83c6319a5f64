// SPDX-License-Identifier: GPL-2.0
/*
 * What must wait for what: modules/hold.c holds one side in the middle, and the other one is seen to wait, or not to take away
 * what the first one goes on to use. For a kernel with kprobes, virtio-vga, and slub_debug=FZP, with which the use of memory
 * that has been freed is a crash.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vector.h"

#define ONE 0x400	/* of cards/irqs.card, with vector 0 */
#define PARAMETERS "/sys/module/hold/parameters"
/* In ticks of the kernel's accounting: so long nobody is busy by chance */
#define BUSY 20

static int open_parameter(const char *name, int flags)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "/%s", name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		bail("the file %s opens", path);
	return fd;
}

static void wait_until_loaded(void)
{
	int fd = open_parameter("loaded", O_RDONLY);
	char word;

	if (read(fd, &word, 1) != 1)
		bail("the file loaded can be read");
	close(fd);
}

/* Whoever calls this next is held, if it is such a one as WHO says */
static void hold(const char *at, const char *who)
{
	is(sh("insmod /lib/dfl/hold.ko at=%s %s", at, who), 0, "%s is watched", at);
	wait_until_loaded();
}

/*
 * A processor that is held does not answer the others, so as long as one is nobody must start or end a process, or change its
 * own memory.
 */
static bool held_before(const volatile bool *over)
{
	int fd = open_parameter("holding", O_RDONLY), i;
	char held = 'N';

	for (i = 0; i < PATIENCE && held == 'N' && !*over; i++) {
		usleep(1000);
		if (pread(fd, &held, 1, 0) != 1)
			bail("the file hold tells whether somebody is held");
	}
	close(fd);
	if (i == PATIENCE)
		bail("somebody comes by and is held");
	return held != 'N';
}

static void wait_until_held(void)
{
	const volatile bool never = false;

	held_before(&never);
}

static void let_go(void)
{
	int fd = open_parameter("hold", O_WRONLY);

	if (write(fd, "0", 1) != 1)
		bail("whoever is held can be let go of");
	close(fd);
}

static void forget_hold(void)
{
	is(unload("hold"), 0, "nobody is held any more");
}

struct write {
	const char *feat, *file, *text;
	volatile bool *flags;	/* it may begin; it is over */
};

static int do_write(const void *arg)
{
	const struct write *write = arg;
	int ret;

	while (!write->flags[0])
		usleep(1000);
	ret = put_str(write->feat, write->file, write->text);
	write->flags[1] = true;
	return ret != 0;
}

/* The kernel waits for an interrupt to end by looking again and again */
static bool waits_busily(pid_t pid, const struct write *write)
{
	long ticks = 0;

	while (!write->flags[1] && ticks < BUSY && state_of(pid, &ticks))
		usleep(1000);
	return !write->flags[1];
}

/* For as long as nobody sleeps there by chance */
static bool waits_asleep(pid_t pid)
{
	int i, asleep = 0;
	long ticks;

	for (i = 0; i < PATIENCE && asleep < 100; i++) {
		asleep = state_of(pid, &ticks) == 'D' ? asleep + 1 : 0;
		usleep(1000);
	}
	return asleep == 100;
}

static int send_one(const void *unused)
{
	struct vector vector;

	(void)unused;
	if (vector_open(&vector, card_path(), 0) || vector_aim(&vector))
		return 1;
	vector_send(&vector);
	vector_close(&vector);
	return 0;
}

/* The processor that takes the interrupts will be held with them */
static void leave_processor(void)
{
	struct vector vector;
	cpu_set_t cpus;
	int cpu;

	if (vector_open(&vector, card_path(), 0) || vector_aim(&vector))
		bail("the vector is somebody's");
	CPU_ZERO(&cpus);
	for (cpu = 0; cpu < 2; cpu++)
		if (cpu != (int)vector.cpu)
			CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		bail("there is another processor");
	vector_close(&vector);
}

/* An interrupt is held at AT. Then another process, which is returned, does WRITE */
static pid_t write_amidst(const struct write *write, const char *at, pid_t *sender)
{
	pid_t writer;

	leave_processor();
	hold(at, "by_dflres=1");
	writer = background(do_write, write);
	*sender = background(send_one, NULL);
	wait_until_held();
	write->flags[0] = true;
	return writer;
}

static volatile bool *new_flags(void)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int claim_failing(const char *one, int error)
{
	int ret;

	if (sh("insmod /lib/dfl/hold.ko at=request_threaded_irq by_dflres=1 error=%d", error))
		bail("a request of an interrupt can be made to fail");
	ret = set_owner(one, "user");
	unload("hold");
	return ret;
}

/* What the kernel refuses an interrupt with means something else to who claims */
static void test_errors(const char *one)
{
	is(claim_failing(one, -EBUSY), -EBUSY, "a claim is refused with EBUSY when its interrupt is another's");
	is(claim_failing(one, -ENOMEM), -ENOMEM, "a claim is refused with ENOMEM when there is none for its interrupt");
	is(claim_failing(one, -EINVAL), -ENXIO, "a claim is refused with ENXIO when its interrupt is none");
	is(claim_failing(one, -ENOTCONN), -ENXIO, "a claim is refused with ENXIO when its interrupt is not connected");
	is_str(get_owner(one), "none", "nobody has the feature after refusals of its interrupt");
}

/* A claim that is refused for its interrupts must not have shown registers that somebody else uses meanwhile */
static void test_claim(const char *one)
{
	struct write claim = { one, "dflres/owner", "user", new_flags() };
	pid_t writer;

	hold("request_threaded_irq", "by_dflres=1");
	claim.flags[0] = true;
	writer = background(do_write, &claim);
	wait_until_held();
	ok(!has_file(one, "dflres/resource0"), "a claim that has no interrupts yet shows no registers");
	let_go();
	is(finish(writer), 0, "the claim is made when it has its interrupts");
	ok(has_file(one, "dflres/resource0"), "the claim that has its interrupts has registers");
	is(set_owner(one, "none"), 0, "the claim that was held is released");
	forget_hold();
}

static void test_detach(const char *one)
{
	struct write detach = { one, "dflres/irq0_eventfd", "-1", new_flags() };
	int event = new_event();
	pid_t sender, writer;

	is(set_owner(one, "user"), 0, "a feature with an interrupt is claimed");
	is(put_event(one, "dflres/irq0_eventfd", event), 0, "an eventfd is attached to the interrupt");
	writer = write_amidst(&detach, "eventfd_signal_mask", &sender);
	ok(waits_busily(writer, &detach), "who detaches an eventfd waits for the interrupt that has found it");
	let_go();
	is(finish(sender), 0, "the interrupt that was held ends");
	is(finish(writer), 0, "the eventfd is detached when the interrupt has ended");
	is(event_sum(event), 1, "the interrupt that was held is signalled");
	is(set_owner(one, "none"), 0, "the feature with an interrupt is released");
	close(event);
	forget_hold();
}

static void test_release(const char *one)
{
	struct write release = { one, "dflres/owner", "none", new_flags() };
	int id = free_event_id(), event = new_event();
	pid_t sender, writer;

	is(set_owner(one, "user"), 0, "the feature with an interrupt is claimed again");
	is(put_event(one, "dflres/irq0_eventfd", event), 0, "an eventfd that only the claim will have is attached");
	close(event);
	is_str(get(one, "dflres/irq0"), "0", "irq0 is read, to be woken");
	writer = write_amidst(&release, "kernfs_notify", &sender);
	ok(waits_busily(writer, &release), "a release waits for an interrupt that has begun");
	ok(has_file(one, "dflres/irq0"), "an interrupt that has begun keeps the file that it wakes");
	ok(free_event_id() != id, "an interrupt that has begun keeps its eventfd");
	let_go();
	is(finish(sender), 0, "the interrupt amidst the release ends");
	is(finish(writer), 0, "the feature is released when the interrupt has ended");
	ok(free_event_id_becomes(id), "the eventfd is let go of when the interrupt has ended");
	forget_hold();
}

/* The kernel keeps an interrupt that comes while its vector is being freed, and replays it when that is requested again */
static void test_replay(const char *one)
{
	struct write release = { one, "dflres/owner", "none", new_flags() };
	struct vector vector;
	long handled;
	pid_t writer;

	is(set_owner(one, "user"), 0, "a feature is claimed that is released amidst an interrupt");
	if (vector_open(&vector, card_path(), 0) || vector_aim(&vector))
		bail("the vector of the feature that is released is somebody's");
	handled = counted(0);
	hold("unregister_handler_proc", "");
	release.flags[0] = true;
	writer = background(do_write, &release);
	wait_until_held();
	vector_send(&vector);
	let_go();
	is(finish(writer), 0, "the feature is released amidst an interrupt");
	forget_hold();
	vector_close(&vector);
	is(set_owner(one, "user"), 0, "the feature is claimed again after an interrupt amidst its release");
	is(counted(0) - handled, 1, "the kernel has replayed the interrupt from before the claim");
	is_str(get(one, "dflres/irq0"), "0", "the claim does not count the interrupt from before it");
	is(set_owner(one, "none"), 0, "the feature is released that has not counted an interrupt");
}

struct reading {
	const char *feat;
	unsigned int cpu;	/* not this one */
	int count;		/* with the interrupt that comes meanwhile */
	volatile bool over;
	volatile bool noticed;	/* by its count, or by being woken */
};

/* Reads the count, and waits to be woken if that is an old one */
static int do_read(const void *arg)
{
	struct reading *reading = *(struct reading *const *)arg;
	int fd = open_file(reading->feat, "dflres/irq0", O_RDONLY);
	char count[32] = "";
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(!reading->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || pread(fd, count, sizeof(count) - 1, 0) <= 0)
		return 1;
	reading->over = true;
	reading->noticed = atoi(count) == reading->count || poll_for(fd, POLLPRI, PATIENCE) > 0;
	return 0;
}

/* A negative errno: -EILSEQ if no instruction begins there, -ERANGE if the function is not so long */
static int hold_within(const char *function, unsigned int offset)
{
	int fd = open("/lib/dfl/hold.ko", O_RDONLY | O_CLOEXEC), ret;
	char parameters[80];

	snprintf(parameters, sizeof(parameters), "at=%s offset=%u", function, offset);
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

/* With an interrupt while the reader is at that instruction; whether it was there, and whether it has missed the interrupt */
static bool read_amidst(struct reading *reading, struct vector *vector, bool *missed)
{
	pid_t reader;
	bool held;

	wait_until_loaded();
	reading->over = false;
	reader = background(do_read, &reading);
	held = held_before(&reading->over);
	vector_send(vector);
	let_go();
	if (finish(reader))
		bail("irq0 can be read while a reader is held");
	*missed = held && !reading->noticed;
	if (unload("hold"))
		bail("the reader is not held any more");
	return held;
}

/* Who reads irq0 has counted an interrupt that comes meanwhile, or is woken by it, whichever instruction it comes at */
static void test_wake_up(const char *one)
{
	struct reading *reading = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int held = 0, ret = 0;
	unsigned int offset;
	struct vector vector;
	bool missed = false;

	is(set_owner(one, "user"), 0, "the feature is claimed whose interrupts are read");
	if (vector_open(&vector, card_path(), 0) || vector_aim(&vector))
		bail("the vector of who reads is somebody's");
	reading->feat = one;
	reading->cpu = vector.cpu;
	for (offset = 1; ret != -ERANGE && !missed && offset < PAGE; offset++) {
		ret = hold_within("dflres:irq_count_show", offset);
		if (ret)
			continue;
		/* it wakes nobody any more whom an earlier read has asked it to */
		vector_send(&vector);
		reading->count += 2;
		held += read_amidst(reading, &vector, &missed);
	}
	vector_close(&vector);
	ok(!missed, "an interrupt amidst a read of irq0 is read or wakes the reader");
	is(ret, -ERANGE, "a reader of irq0 is held from its first instruction to its last");
	ok(held > 3, "a reader of irq0 is held at one instruction after the other (%d)", held);
	is(set_owner(one, "none"), 0, "the feature is released whose interrupts were read");
}

static int unload_dflres(const void *unused)
{
	(void)unused;
	return unload("dflres") != 0;
}

/* Who could write them still would attach a driver that is not registered any more */
static void test_unregister(const char *one)
{
	pid_t pid;

	hold("dfl_driver_unregister", "by_dflres=1");
	pid = background(unload_dflres, NULL);
	wait_until_held();
	ok(!has_file(one, "dflres/owner"), "owner has gone before the module's driver goes");
	ok(!has_file(one, "dflres/lease"), "lease has gone before the module's driver goes");
	let_go();
	is(finish(pid), 0, "the module ends when its driver has gone");
	forget_hold();
}

/* Two at a time would take features down twice; false if they do, for then the module's end may never come */
static bool test_unload(void)
{
	char *of_port;
	bool waits;
	pid_t pid;

	setup("basic");
	of_port = need_feature(0x50, 0);
	hold("mutex_lock", "by_dflres=1 in_worker=1");
	is(sh("echo dfl-fme.0 >/sys/bus/platform/drivers/dfl-fme/unbind"), 0, "features go, and one is held where it is taken down");
	wait_until_held();
	pid = background(unload_dflres, NULL);
	ok(waits_asleep(pid), "the module's end waits while a feature is taken down");
	waits = has_file(of_port, "dflres/owner");
	ok(waits, "the module's end does not take other features down meanwhile");
	let_go();
	if (!waits)
		return false;
	is(finish(pid), 0, "the module ends when the feature has been taken down");
	forget_hold();
	return true;
}

/* Features are taken down in their order: when the last one says so, the first one has lost its files and its memory's user */
static void test_lease(void)
{
	char *first, *last, name[16];
	int event = new_event(), fd;

	setup("basic");
	first = need_feature(PLAIN, 0);
	last = need_feature(0x50, 0);
	fd = open_file(last, "dflres/owner", O_RDONLY);
	ok(read(fd, name, sizeof(name)) > 0, "the last feature's owner is watched");
	is(take_lease(first, event), 0, "a feature is leased");
	hold("dflres:dflres_lease_work", "");
	close(event);
	wait_until_held();
	ok(unplug(), "the card goes while the end of a lease is held");
	ok(poll_for(fd, POLLPRI, PATIENCE) > 0, "the features are taken down while the end of a lease is held");
	close(fd);
	let_go();
	is(finish(background(unload_dflres, NULL)), 0,
	   "the module ends when the lease has, whose feature was gone before");
	forget_hold();
	sh("card rescan 2>/dev/null");
}

int main(void)
{
	char *one;

	/* Jumps in place of breakpoints would come at some time later, and can take the processors along that are held */
	is(sh("echo 0 >/proc/sys/debug/kprobes-optimization"), 0, "whoever is held is so by a breakpoint");
	setup("irqs");
	one = need_feature(ONE, 0);
	test_errors(one);
	test_claim(one);
	test_detach(one);
	test_release(one);
	test_replay(one);
	test_wake_up(one);
	test_unregister(one);
	if (test_unload())
		test_lease();
	return done();
}
