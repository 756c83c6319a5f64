// SPDX-License-Identifier: GPL-2.0
/* See stress.h: the processes that do what has been chosen. They judge nothing but that a dead mapping stays dead. */

#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fpga-dfl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vector.h"

static unsigned int me;
static struct mapping mappings[FEATURES][MAPS];
/* -1 where there is none */
static int leases[FEATURES], registers[FEATURES], owners[FEATURES], counts[FEATURES][IRQS];
static int events[FEATURES][IRQS];
static int child_ask = -1, child_answer = -1;

uid_t worker_uid(unsigned int worker)
{
	static const uid_t uids[WORKERS] = { 0, 0, ALICE, ALICE, BOB, BOB };

	return uids[worker];
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* While features come, nobody has been told their names yet */
const char *name_of(unsigned int feature_index)
{
	static char name[16];
	char *found;

	if (shared->names[feature_index][0])
		return shared->names[feature_index];
	found = feature(features[feature_index].id, 0);
	snprintf(name, sizeof(name), "%s", found ? found : "absent");
	free(found);
	return name;
}

/* The child needs to sleep and to wake now and then, so it is asked over a pipe and answers over another */
static void start_child(void)
{
	int ask[2], answer[2];
	pid_t pid;

	if (pipe2(ask, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		_exit(90);
	memset(&shared->children[me], 0, sizeof(shared->children[me]));
	pid = fork();
	if (!pid)
		live_as_child(me, mappings, ask[0], answer[1]);
	shared->children[me].pid = pid;
	close(ask[0]);
	close(answer[1]);
	child_ask = ask[1];
	child_answer = answer[0];
}

static int op_fork(const struct choice *choice, struct result *result)
{
	(void)choice;
	if (child_ask >= 0) {
		result->idle = true;
		return 0;
	}
	start_child();
	return 0;
}

static int op_kill_child(const struct choice *choice, struct result *result)
{
	(void)choice;
	if (child_ask < 0) {
		result->idle = true;
		return 0;
	}
	kill(shared->children[me].pid, SIGKILL);
	waitpid(shared->children[me].pid, NULL, 0);
	close(child_ask);
	close(child_answer);
	child_ask = child_answer = -1;
	return 0;
}

/* With the rights of a user, whom the worker's own user comes back from: it has kept root's */
static void become(uid_t uid)
{
	if (seteuid(0) || setegid(uid) || seteuid(uid))
		_exit(93);
}

/* What a worker writes to a file that another user has opened for it */
static int write_for(const struct choice *choice, const char *file, const char *text)
{
	uid_t opener = opener_uid(choice), uid = worker_uid(me);
	const char *name = name_of(choice->feature);
	int fd, ret = 0;

	if (opener != uid)
		become(opener);
	fd = open_file(name, file, O_WRONLY);
	if (opener != uid)
		become(uid);
	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int set(const struct choice *choice, const char *word)
{
	return write_for(choice, "dflres/owner", word);
}

static int op_claim(const struct choice *choice, struct result *result)
{
	(void)result;
	return set(choice, "user");
}

static int op_release(const struct choice *choice, struct result *result)
{
	(void)result;
	return set(choice, "none");
}

static int op_hand_back(const struct choice *choice, struct result *result)
{
	(void)result;
	return set(choice, "kernel");
}

/* What is left of an earlier lease is closed after the new one is there, which must not suffer from it */
static int op_lease(const struct choice *choice, struct result *result)
{
	int event = new_event(), *lease = &leases[choice->feature], old = event, ret;
	char text[24];

	(void)result;
	snprintf(text, sizeof(text), "%d%s", event, is_to_kernel(choice) ? " kernel" : "");
	ret = write_for(choice, "dflres/lease", text);
	if (!ret) {
		old = *lease;
		*lease = event;
	}
	if (old >= 0)
		close(old);
	return ret;
}

static int op_close_lease(const struct choice *choice, struct result *result)
{
	int *lease = &leases[choice->feature];

	result->idle = *lease < 0;
	if (*lease >= 0)
		close(*lease);
	*lease = -1;
	return 0;
}

static void unmap(struct mapping *mapping)
{
	if (!mapping->pages)
		return;
	munmap((void *)mapping->at, mapping->pages * PAGE);
	mapping->pages = 0;
}

/* One mapping, through a descriptor of its own */
static int map_one(const struct choice *choice, const char *file, unsigned int slot)
{
	unsigned int has = features[choice->feature].pages ?: 1, page = choice->which / MAPS % has;
	unsigned int pages = 1 + choice->which / 64 % (has - page);
	struct mapping *mapping = &mappings[choice->feature][slot];
	int fd, ret = 0;
	void *at;

	unmap(mapping);
	fd = open_file(name_of(choice->feature), file, O_RDWR);
	if (fd < 0)
		return fd;
	at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page * PAGE);
	if (at == MAP_FAILED)
		ret = -errno;
	close(fd);
	if (!ret)
		*mapping = (struct mapping){ at, page, pages, false };
	return ret;
}

static int op_map(const struct choice *choice, struct result *result)
{
	(void)result;
	return map_one(choice, "dflres/resource0", choice->which % MAPS);
}

static int op_map_combined(const struct choice *choice, struct result *result)
{
	(void)result;
	return map_one(choice, "dflres/resource0_wc", choice->which % MAPS);
}

/* As many mappings as a worker may have, all or none */
static int op_map_all(const struct choice *choice, struct result *result)
{
	unsigned int m;
	int ret = 0;

	(void)result;
	for (m = 0; m < MAPS && !ret; m++)
		ret = map_one(choice, "dflres/resource0", m);
	for (m = 0; m < MAPS && ret; m++)
		unmap(&mappings[choice->feature][m]);
	return ret;
}

static int op_munmap(const struct choice *choice, struct result *result)
{
	struct mapping *mapping = &mappings[choice->feature][choice->which % MAPS];

	result->idle = !mapping->pages;
	unmap(mapping);
	return 0;
}

/* To another place, and perhaps shortened; never enlarged */
static int op_mremap(const struct choice *choice, struct result *result)
{
	struct mapping *mapping = &mappings[choice->feature][choice->which % MAPS];
	unsigned int pages = mapping->pages;
	void *to, *at;

	result->idle = !pages;
	if (!pages)
		return 0;
	if (mremap((void *)mapping->at, pages * PAGE, (pages + 1) * PAGE, MREMAP_MAYMOVE) != MAP_FAILED)
		return -EOVERFLOW;
	if (choice->which & 8)
		pages = 1 + choice->which / 16 % pages;
	to = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		return -errno;
	at = mremap((void *)mapping->at, mapping->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (at == MAP_FAILED)
		return -errno;
	mapping->at = at;
	mapping->pages = pages;
	return 0;
}

/* All that the worker has, and its child */
static int op_touch(const struct choice *choice, struct result *result)
{
	unsigned int f, m, times;
	char byte = 0;

	result->idle = true;
	if (child_ask >= 0 && !(choice->which % 4)) {
		result->idle = false;
		if (write(child_ask, &byte, 1) != 1 || read(child_answer, &byte, 1) != 1)
			return -EPIPE;
	}
	for (times = 0; times < 1 + choice->which / 8 % 2; times++)
		for (f = 0; f < FEATURES; f++)
			for (m = 0; m < MAPS; m++)
				if (mappings[f][m].pages) {
					look_at(f, &mappings[f][m], choice->which >> 8, &result->looks[f][m]);
					result->idle = false;
				}
	return 0;
}

/* The descriptor that is kept, or a new one where there is none, and sometimes where there is */
static int descriptor(const struct choice *choice, int *fd, const char *file, int flags, struct result *result)
{
	if (*fd >= 0 && choice->which % 8)
		return *fd;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	result->fresh = true;
	return *fd = open_file(name_of(choice->feature), file, flags);
}

static int op_read(const struct choice *choice, struct result *result)
{
	int fd = descriptor(choice, &registers[choice->feature], "dflres/resource0", O_RDWR, result);

	if (fd < 0)
		return fd;
	if (pread(fd, &result->magic, sizeof(uint32_t), MAGIC_AT) != sizeof(uint32_t) ||
	    pread(fd, &result->word, sizeof(uint32_t), WORD_AT(me)) != sizeof(uint32_t))
		return -errno;
	return 0;
}

static int op_write(const struct choice *choice, struct result *result)
{
	int fd = descriptor(choice, &registers[choice->feature], "dflres/resource0", O_RDWR, result);

	result->word = choice->which;
	if (fd < 0)
		return fd;
	return pwrite(fd, &result->word, sizeof(uint32_t), WORD_AT(me)) == sizeof(uint32_t) ? 0 : -errno;
}

/* Through the read-only mount: what a read is refused with, or 0 */
static int peek_barred(const struct choice *choice, struct result *result)
{
	char name[160];
	void *at;
	int fd, ret;

	snprintf(name, sizeof(name), READ_ONLY "/bus/dfl/devices/%s/dflres/resource0", name_of(choice->feature));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = pread(fd, &result->magic, sizeof(uint32_t), MAGIC_AT) < 0 ? -errno : 0;
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return ret;
	munmap(at, PAGE);
	return 0;
}

/* Through a descriptor that cannot write one register is read, and not two at once */
static int op_peek(const struct choice *choice, struct result *result)
{
	uint64_t wide[2];
	int fd, ret = 0;

	if (is_barred(choice))
		return peek_barred(choice, result);
	fd = open_file(name_of(choice->feature), "dflres/resource0", O_RDONLY);
	if (fd < 0)
		return fd;
	if (pread(fd, wide, sizeof(wide), MAGIC_AT) >= 0)
		ret = -EOVERFLOW;
	else if (errno != EINVAL || pread(fd, &result->magic, sizeof(uint32_t), MAGIC_AT) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static ssize_t read_text(int fd, struct result *result)
{
	ssize_t n = pread(fd, result->text, sizeof(result->text) - 1, 0);

	if (n < 0)
		return -errno;
	result->text[n] = '\0';
	result->text[strcspn(result->text, "\n")] = '\0';
	return 0;
}

/* A poll that returns at once says what one that sleeps would be woken by */
static int poll_and_read(int fd, struct result *result)
{
	if (fd < 0)
		return fd;
	if (!result->fresh)
		result->revents = poll_for(fd, POLLPRI, 0);
	return read_text(fd, result);
}

static int op_poll(const struct choice *choice, struct result *result)
{
	return poll_and_read(descriptor(choice, &owners[choice->feature], "dflres/owner", O_RDONLY, result), result);
}

static unsigned int irq_of(const struct choice *choice)
{
	return choice->which / 8 % features[choice->feature].irqs;
}

static const char *irq_file(const struct choice *choice, const char *suffix)
{
	static char name[32];

	snprintf(name, sizeof(name), "dflres/irq%u%s", irq_of(choice), suffix);
	return name;
}

static int op_count(const struct choice *choice, struct result *result)
{
	int *fd = &counts[choice->feature][irq_of(choice)], ret;

	ret = poll_and_read(descriptor(choice, fd, irq_file(choice, ""), O_RDONLY, result), result);
	if (!ret)
		result->number = atol(result->text);
	return ret;
}

static int op_attach(const struct choice *choice, struct result *result)
{
	(void)result;
	return put_event(name_of(choice->feature), irq_file(choice, "_eventfd"),
			 events[choice->feature][irq_of(choice)]);
}

static int op_detach(const struct choice *choice, struct result *result)
{
	(void)result;
	return put_str(name_of(choice->feature), irq_file(choice, "_eventfd"), "-1");
}

static int op_sum(const struct choice *choice, struct result *result)
{
	result->number = event_sum(events[choice->feature][irq_of(choice)]);
	return 0;
}

/* One worker does it, so no lock is needed to map the table of vectors. It may have been released after the last one */
static int op_interrupt(const struct choice *choice, struct result *result)
{
	unsigned int times = 1 + choice->which / 64 % 8;
	struct vector vector;
	int ret;

	ret = vector_open(&vector, card_dir(), features[choice->feature].vector + irq_of(choice));
	if (ret)
		return ret;
	while (times-- && !vector_aim(&vector)) {
		vector_send(&vector);
		result->number++;
	}
	vector_close(&vector);
	return 0;
}

static int op_load_driver(const struct choice *choice, struct result *result)
{
	(void)result;
	return load(features[choice->feature].module);
}

static int op_unload_driver(const struct choice *choice, struct result *result)
{
	(void)result;
	return unload(features[choice->feature].module);
}

static int op_bind(const struct choice *choice, struct result *result)
{
	(void)result;
	return driver_file(features[choice->feature].driver, "bind", name_of(choice->feature));
}

static int op_unbind(const struct choice *choice, struct result *result)
{
	(void)result;
	return driver_file(features[choice->feature].driver, "unbind", name_of(choice->feature));
}

static int op_remove(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return remove_card();
}

static int op_rescan(const struct choice *choice, struct result *result)
{
	int ret = rescan_card();

	(void)choice;
	(void)result;
	return ret ?: bind_card();
}

static int fme_file(const char *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, "dfl-fme.0", 9) == 9 ? 0 : -errno;
	close(fd);
	return ret;
}

static int op_unbind_fme(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return fme_file("/sys/bus/platform/drivers/dfl-fme/unbind");
}

/*
 * dfl-fme's character device is set up anew in the memory of the last one. That is the kernel's own bug where the last one
 * is released late (CONFIG_DEBUG_KOBJECT_RELEASE; it runs into a timer that has been wiped out), so that is waited for.
 */
static int op_bind_fme(const struct choice *choice, struct result *result)
{
	const char *settle = getenv("settle");

	if (settle)
		sleep(atoi(settle));
	(void)choice;
	(void)result;
	return fme_file("/sys/bus/platform/drivers/dfl-fme/bind");
}

/* dfl-fme takes the port from its driver, as it does to give it to a virtual function, and gives it back */
static int port_file(unsigned long request)
{
	int fd = open("/dev/dfl-fme.0", O_RDWR | O_CLOEXEC), port = 0, ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, request, &port) ? -errno : 0;
	close(fd);
	return ret;
}

static int op_release_port(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return port_file(DFL_FPGA_FME_PORT_RELEASE);
}

static int op_assign_port(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return port_file(DFL_FPGA_FME_PORT_ASSIGN);
}

static int op_unload(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return unload("dflres");
}

/* It has stayed where claims have kept it */
static int op_load(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return load("dflres");
}

static int (*const operations[KINDS])(const struct choice *choice, struct result *result) = {
	[CLAIM] = op_claim,
	[LEASE] = op_lease,
	[RELEASE] = op_release,
	[HAND_BACK] = op_hand_back,
	[CLOSE_LEASE] = op_close_lease,
	[FORK] = op_fork,
	[KILL_CHILD] = op_kill_child,
	[MAP] = op_map,
	[MAP_ALL] = op_map_all,
	[MAP_COMBINED] = op_map_combined,
	[TOUCH] = op_touch,
	[MREMAP] = op_mremap,
	[MUNMAP] = op_munmap,
	[READ] = op_read,
	[WRITE] = op_write,
	[PEEK] = op_peek,
	[POLL] = op_poll,
	[INTERRUPT] = op_interrupt,
	[COUNT] = op_count,
	[ATTACH] = op_attach,
	[DETACH] = op_detach,
	[SUM] = op_sum,
	[LOAD_DRIVER] = op_load_driver,
	[UNLOAD_DRIVER] = op_unload_driver,
	[BIND] = op_bind,
	[UNBIND] = op_unbind,
	[REMOVE] = op_remove,
	[RESCAN] = op_rescan,
	[UNBIND_FME] = op_unbind_fme,
	[BIND_FME] = op_bind_fme,
	[RELEASE_PORT] = op_release_port,
	[ASSIGN_PORT] = op_assign_port,
	[UNLOAD] = op_unload,
	[LOAD] = op_load,
};

static void begin_with_nothing(void)
{
	unsigned int f, i;

	for (f = 0; f < FEATURES; f++) {
		leases[f] = registers[f] = owners[f] = -1;
		for (i = 0; i < IRQS; i++) {
			counts[f][i] = -1;
			events[f][i] = i < features[f].irqs ? new_event() : -1;
		}
	}
}

_Noreturn void work(unsigned int worker, uid_t uid, int begin, int done)
{
	struct result *result = &shared->results[worker];
	const struct choice *choice = &shared->choices[worker];
	unsigned char byte;

	me = worker;
	/* Root's rights are kept, to open files for others, and not in force */
	if (setgroups(0, NULL) || setgid(uid) || setresuid(uid, uid, 0))
		_exit(91);
	begin_with_nothing();
	catch_faults();
	while (read(begin, &byte, 1) == 1) {
		memset(result, 0, sizeof(*result));
		wait_us(choice->delay_us);
		result->begin = now_ns();
		result->ret = operations[choice->kind](choice, result);
		result->end = now_ns();
		/* The last one alone wakes who waits for all */
		if (!__atomic_sub_fetch(&shared->running, 1, __ATOMIC_SEQ_CST) && write(done, &byte, 1) != 1)
			break;
	}
	op_kill_child(NULL, result);
	_exit(0);
}
