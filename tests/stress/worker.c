// SPDX-License-Identifier: GPL-2.0
/* See stress.h: the processes that do what has been chosen. They judge nothing but that a dead mapping stays dead. */

#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

unsigned int me;
struct mapping mappings[FEATURES][MAPS];
/* -1 where there is none */
static int leases[FEATURES];
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

/* A thread that touches mappings meanwhile has the kernel copy and insert pages of one process at once */
static int op_fork(const struct choice *choice, struct result *result)
{
	struct looker *looker;

	result->idle = child_ask >= 0;
	if (result->idle)
		return 0;
	looker = is_threaded(choice) ? start_looker(choice) : NULL;
	start_child();
	if (looker)
		join_looker(looker, result);
	return 0;
}

bool ask_child(struct result *result)
{
	char byte = 0;

	if (child_ask < 0)
		return false;
	if (write(child_ask, &byte, 1) != 1 || read(child_answer, &byte, 1) != 1)
		_exit(95);
	memcpy(result->child_looks, shared->children[me].looks, sizeof(result->child_looks));
	return true;
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

/* Writes to a file that has been opened with the rights of another one */
static int write_for(const struct choice *choice, const char *file, const char *text)
{
	enum opening opening = opening_of(choice);
	uid_t opener = opener_uid(choice);
	const char *name = name_of(choice->feature);
	int fd, ret = 0;

	if (opening == OTHER_USER)
		become(opener);
	if (opening == OTHER_FSUID) {
		become(0);
		setfsgid(opener);
		setfsuid(opener);
	}
	fd = open_file(name, file, O_WRONLY);
	/* Gives root's rights to files back, which setfsuid() has taken and seteuid() does not give back */
	if (opening == OTHER_FSUID)
		setfsuid(0);
	if (opening == OTHER_USER || opening == OTHER_FSUID)
		become(worker_uid(me));
	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The same by a process that may do everything in a user namespace of its own */
static int write_in_namespace(const struct choice *choice, const char *file, const char *text)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(unshare(CLONE_NEWUSER) ? 96 : -write_for(choice, file, text));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

static int set(const struct choice *choice, const char *word)
{
	if (opening_of(choice) == IN_NAMESPACE)
		return write_in_namespace(choice, "dflres/owner", word);
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

int descriptor(const struct choice *choice, int *fd, const char *file, int flags, struct result *result)
{
	if (*fd >= 0 && choice->which % 8)
		return *fd;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	result->fresh = true;
	return *fd = open_file(name_of(choice->feature), file, flags);
}

static operation *const operations[KINDS] = {
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
	[CROWD_IN] = op_crowd_in,
	[CROWD_LOOK] = op_crowd_look,
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

/* What the worker is to do of the batch; a worker that is to be killed does nothing */
static void do_all(void)
{
	const struct batch *batch = &shared->batch;
	unsigned int k;

	for (k = 0; k < batch->n; k++) {
		const struct choice *choice = &batch->choices[k];
		struct result *result = &shared->results[k];

		if (choice->worker != me)
			continue;
		memset(result, 0, sizeof(*result));
		wait_us(choice->delay_us);
		result->begin = now_ns();
		result->ret = operations[choice->kind](choice, result);
		result->end = now_ns();
	}
}

_Noreturn void work(unsigned int worker, uid_t uid, int begin, int done)
{
	struct result result;
	unsigned char byte;
	unsigned int f;

	me = worker;
	/* Root's rights are kept, to open files for others, and not in force */
	if (setgroups(0, NULL) || setgid(uid) || setresuid(uid, uid, 0))
		_exit(91);
	for (f = 0; f < FEATURES; f++)
		leases[f] = -1;
	begin_access();
	begin_listen();
	catch_faults();
	while (read(begin, &byte, 1) == 1) {
		do_all();
		/* The last one alone wakes who waits for all */
		if (!__atomic_sub_fetch(&shared->running, 1, __ATOMIC_SEQ_CST) && write(done, &byte, 1) != 1)
			break;
	}
	op_kill_child(NULL, &result);
	_exit(0);
}
