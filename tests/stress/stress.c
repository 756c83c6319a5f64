// SPDX-License-Identifier: GPL-2.0
/*
 * stress [--seed N] [--operations N | --minutes N]: see stress.h. It does 1000 operations if it is not told how many, or for how
 * long.
 */

#define _GNU_SOURCE
#include "stress.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Batches of which is told when something is found */
#define MEMORY 24
#define AUDIT_EVERY 200
#define PROGRESS_NS 30000000000ULL

const char * const kind_names[KINDS] = {
	[CLAIM] = "claim",
	[LEASE] = "lease",
	[RELEASE] = "release",
	[HAND_BACK] = "hand back",
	[CLOSE_LEASE] = "close a lease",
	[FORK] = "fork",
	[KILL_CHILD] = "kill a child",
	[KILL_WORKER] = "kill a worker",
	[MAP] = "map",
	[MAP_ALL] = "map by many",
	[MAP_COMBINED] = "map combined",
	[CROWD_IN] = "open many",
	[CROWD_LOOK] = "look by many",
	[TOUCH] = "touch",
	[MREMAP] = "mremap",
	[MUNMAP] = "munmap",
	[READ] = "read",
	[WRITE] = "write",
	[PEEK] = "peek",
	[POLL] = "poll",
	[INTERRUPT] = "interrupt",
	[COUNT] = "count",
	[ATTACH] = "attach",
	[DETACH] = "detach",
	[SUM] = "sum up",
	[LOAD_DRIVER] = "load a driver",
	[UNLOAD_DRIVER] = "unload a driver",
	[BIND] = "bind",
	[UNBIND] = "unbind",
	[REMOVE] = "remove the card",
	[RESCAN] = "rescan",
	[UNBIND_FME] = "unbind dfl-fme",
	[BIND_FME] = "bind dfl-fme",
	[RELEASE_PORT] = "release the port",
	[ASSIGN_PORT] = "assign the port",
	[UNLOAD] = "unload dflres",
	[LOAD] = "load dflres",
};

struct shared *shared;

static pid_t pids[WORKERS];
static int begins[WORKERS];
static int done_read, done_write;
static unsigned long ran[KINDS], worked[KINDS];

static struct {
	struct batch batch;
	struct result results[BATCH];
} past[MEMORY];
static unsigned long batches;
/* Of all choices so far */
static uint64_t digest;

static void start_worker(unsigned int w)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		bail("pipes can be made");
	memset(&shared->children[w], 0, sizeof(shared->children[w]));
	fflush(stdout);
	pids[w] = fork();
	if (!pids[w]) {
		close(ends[1]);
		close(done_read);
		work(w, worker_uid(w), ends[0], done_write);
	}
	close(ends[0]);
	if (begins[w])
		close(begins[w]);
	begins[w] = ends[1];
	model_new_worker(w);
}

/* Its child first, which might go on for a moment without it; it has become ours by then */
static void kill_worker(unsigned int w, struct result *result)
{
	pid_t child = shared->children[w].pid;

	memset(result, 0, sizeof(*result));
	result->begin = now_ns();
	kill(pids[w], SIGKILL);
	waitpid(pids[w], NULL, 0);
	if (child && !kill(child, SIGKILL))
		waitpid(child, NULL, 0);
	result->end = now_ns();
}

/* Starts all workers that have something to do at once, and returns when all are done */
static void run(const struct batch *batch)
{
	bool busy[WORKERS] = { false };
	unsigned int k, w, waiting = 0;
	unsigned char byte = 0;

	shared->batch = *batch;
	for (k = 0; k < batch->n; k++)
		busy[batch->choices[k].worker] |= batch->choices[k].kind != KILL_WORKER;
	for (w = 0; w < WORKERS; w++)
		waiting += busy[w];
	shared->running = waiting;
	for (w = 0; w < WORKERS; w++)
		if (busy[w] && write(begins[w], &byte, 1) != 1)
			bail("the process of worker %u is there", w);
	for (k = 0; k < batch->n; k++)
		if (batch->choices[k].kind == KILL_WORKER)
			kill_worker(batch->choices[k].worker, &shared->results[k]);
	if (waiting && (poll_for(done_read, POLLIN, 600000) <= 0 || read(done_read, &byte, 1) != 1))
		bail("every operation ends within ten minutes");
}

static void remember(const struct batch *batch)
{
	unsigned int i, at = batches++ % MEMORY;

	past[at].batch = *batch;
	memcpy(past[at].results, shared->results, sizeof(past[at].results));
	for (i = 0; i < batch->n; i++) {
		const struct choice *c = &batch->choices[i];
		const struct result *r = &shared->results[i];

		ran[c->kind]++;
		worked[c->kind] += !r->idle && !r->ret && (c->kind != INTERRUPT || r->number);
	}
}

static void tell_choice(const struct choice *c)
{
	printf("# %s by worker %u, 0x%x, %u, after %u us", kind_names[c->kind], c->worker, features[c->feature].id, c->which,
	       c->delay_us);
}

static void tell_past(void)
{
	unsigned long b = batches > MEMORY ? batches - MEMORY : 0;
	unsigned int i;

	for (; b < batches; b++) {
		const struct batch *batch = &past[b % MEMORY].batch;

		note("batch %lu", b);
		for (i = 0; i < batch->n; i++) {
			const struct choice *c = &batch->choices[i];
			const struct result *r = &past[b % MEMORY].results[i];

			tell_choice(c);
			printf(": %s%d%s %" PRIu64 "-%" PRIu64 " %s%ld %s\n", r->idle ? "idle " : "", r->ret,
			       r->fresh ? " fresh" : "", r->begin / 1000, r->end / 1000, r->text, r->number,
			       r->revents ? "woken" : "");
		}
	}
	fflush(stdout);
}

static void tell_counts(void)
{
	enum kind kind;

	for (kind = 0; kind < KINDS; kind++)
		note("%8lu %-16s %8lu did it", ran[kind], kind_names[kind], worked[kind]);
}

/* FNV-1a, by words */
static uint64_t add_to_digest(uint64_t sum, const struct batch *batch)
{
	unsigned int i, k;

	for (i = 0; i < batch->n; i++) {
		const struct choice *c = &batch->choices[i];
		const unsigned int words[] = { batch->n, c->kind, c->worker, c->feature, c->which, c->delay_us };

		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			sum = (sum ^ words[k]) * 0x100000001b3;
	}
	return sum;
}

/* The digest of as many batches, chosen by a process that has seen nothing of what came of them */
static uint64_t digest_of(uint64_t seed, bool interrupts)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct chooser *chooser = choose_from(seed, interrupts);
		struct batch batch;
		unsigned long i;

		shared->digest = 0;
		for (i = 0; i < batches; i++) {
			choose(chooser, &batch);
			shared->digest = add_to_digest(shared->digest, &batch);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return shared->digest;
}

/* What is opened there must not keep it when all who have opened it are gone */
static void mount_elsewhere(void)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(mkdir(ELSEWHERE, 0755) || unshare(CLONE_NEWNET) || mount("sysfs", ELSEWHERE, "sysfs", 0, NULL));
	if (waitpid(pid, &status, 0) != pid || status)
		bail("the sysfs of another network namespace is mounted");
}

static void begin(uint64_t seed)
{
	int ends[2];
	unsigned int w;

	note("seed %" PRIu64, seed);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe2(ends, O_CLOEXEC))
		bail("shared memory and a pipe can be made");
	done_read = ends[0];
	done_write = ends[1];
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	mount_elsewhere();
	if (sh("mkdir " READ_ONLY " && mount -o bind /sys " READ_ONLY " && mount -o remount,bind,ro " READ_ONLY))
		bail("sysfs is mounted read-only");
	/* A card that has been away once, as it will be at the end */
	prepare_card();
	if (lay_and_bind_card() || remove_card() || rescan_card() || lay_and_bind_card())
		bail("the card comes up, goes, and comes back");
	sh("card unbind");
	remember_system();
	if (lay_and_bind_card() || load("dflres"))
		bail("the card comes up, and dflres loads");
	find_names();
	for (w = 0; w < WORKERS; w++)
		start_worker(w);
	model_begin(pids);
}

/* Their children go with them */
static void end_workers(void)
{
	unsigned int w;

	for (w = 0; w < WORKERS; w++)
		kill_worker(w, &shared->results[0]);
	for (w = 0; w < FEATURES; w++)
		set_owner(name_of(w), "none");
}

static void check_end(int free_event)
{
	bool known;
	int lost;

	end_workers();
	/* The last batch may have been the first half of what takes two: then the card is away, or dflres */
	if (access(card_dir(), F_OK) && (rescan_card() || bind_card()))
		bail("the card comes back at the end");
	load("dflres");
	ok(free_event_id_becomes(free_event), "no eventfd is kept after all operations");
	is(sh("umount " READ_ONLY), 0, "the read-only mount is not kept");
	is(sh("umount " ELSEWHERE), 0, "the sysfs of the other network namespace is not kept");
	lost = leaks(&known);
	if (known)
		is(lost, 0, "kmemleak finds nothing while dflres is loaded, and can be named");
	unload("uio_dfl");
	unload("dfl-emif");
	is(unload("dflres"), 0, "dflres unloads after all operations");
	sh("card unbind");
	ok(memory_is_as_it_was(), "/proc/iomem is as it was before all operations");
	ok(interrupts_are_as_they_were(), "/proc/interrupts is as it was before all operations");
}

static bool all_kinds_worked(void)
{
	bool interrupts = worked[INTERRUPT] || ran[INTERRUPT], good = true;
	enum kind kind;

	for (kind = 0; kind < KINDS; kind++)
		if (!worked[kind] && (interrupts || kind < INTERRUPT || kind > SUM)) {
			note("'%s' never worked", kind_names[kind]);
			good = false;
		}
	return good;
}

static void stress(uint64_t seed, unsigned long operations, unsigned long minutes)
{
	int free_event = free_event_id();
	unsigned long n = 0;
	uint64_t start, told;
	struct chooser *chooser;
	struct batch batch;
	bool good = true, interrupts;
	unsigned int i;

	begin(seed);
	interrupts = card_has_interrupts();
	chooser = choose_from(seed, interrupts);
	start = told = now_ns();
	while (good && (operations ? n < operations : now_ns() < start + minutes * 60000000000ULL)) {
		choose(chooser, &batch);
		run(&batch);
		remember(&batch);
		digest = add_to_digest(digest, &batch);
		n += batch.n;
		good = model_judge(&batch, pids);
		for (i = 0; i < batch.n; i++)
			if (batch.choices[i].kind == KILL_WORKER)
				start_worker(batch.choices[i].worker);
		if (good && batches % AUDIT_EVERY == 0)
			good = model_audit(pids);
		if (now_ns() - told > PROGRESS_NS) {
			told = now_ns();
			note("%lu operations in %lu s", n, (unsigned long)((told - start) / 1000000000));
		}
	}
	ok(good, "%lu operations with seed %" PRIu64 " are as they must be", n, seed);
	if (!good)
		tell_past();
	note("%lu operations in %lu s:", n, (unsigned long)((now_ns() - start) / 1000000000));
	tell_counts();
	if (!good) {
		end_workers();
		return;
	}
	ok(digest_of(seed, interrupts) == digest, "the same seed chooses the same: %016" PRIx64, digest);
	ok(digest_of(seed + 1, interrupts) != digest, "another seed chooses something else");
	if (n >= 20000)
		ok(all_kinds_worked(), "each kind of operation has worked");
	check_end(free_event);
}

int main(int argc, char **argv)
{
	unsigned long operations = 0, minutes = 0;
	uint64_t seed = 1;
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "operations", required_argument, NULL, 'o' },
		{ "minutes", required_argument, NULL, 'm' },
		{ },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		unsigned long long value = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (option == 's')
			seed = value;
		else if (option == 'o')
			operations = value;
		else if (option == 'm')
			minutes = value;
		else
			return 2;
	}
	stress(seed, operations || minutes ? operations : 1000, minutes);
	return done();
}
