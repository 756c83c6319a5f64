/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the stress program share.
 *
 *	stress.c	the run: a batch of choices at a time, given to workers, and judged
 *	choice.c	what is to be done, as a function of the seed and of nothing else
 *	worker.c	processes of three users that do it: their lives, and who has a feature
 *	access.c	the part of a worker that reaches registers
 *	listen.c	the part of a worker that waits, and has interrupts
 *	machine.c	the part of a worker that has drivers, modules and the card come and go
 *	child.c		what a worker forks: it inherits mappings and leases, and keeps looking at them
 *	look.c		a look at a mapping, which may be dead
 *	model.c		who must own what: which results and which states can follow from a batch (and what model.h names)
 *	system.c	the card, the modules, and what must be as it was at the end
 *
 * The workers do the operations of a batch at once, each its own one after the other. The model knows what each does if it is
 * alone, so after a batch there must be an order of them, in keeping with when they began and ended, that explains all their
 * results and what is seen afterwards.
 */

#ifndef STRESS_H
#define STRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest.h"

#define WORKERS 6
#define BATCH (3 * WORKERS)
#define CHANGES 7	/* operations of a batch that may change who has a feature */
#define MAPS 4		/* mappings of a feature that a worker has at a time */
#define IRQS 3		/* interrupts that a feature has at most */
#define FEATURES 10
#define READ_ONLY "/tmp/read-only"	/* a mount of sysfs */
#define ELSEWHERE "/tmp/elsewhere"	/* the sysfs of another network namespace */
#define CROWD 40	/* descriptors, and mappings by them, that a worker opens at once */
#define VECTORS 6

/* In each page of a feature, and one word for each worker in its first page: behind all that drivers look at */
#define MAGIC_AT 0x80
#define WORD_AT(worker) (0x90 + 4 * (worker))

/* What the card has of each */
struct feature {
	unsigned int id;
	bool of_port;
	unsigned int pages;	/* 0: part of a page, which cannot be mapped */
	const char *module, *driver;
	int vector;		/* the first of its interrupts; some features have vectors in common */
	unsigned int irqs;
};

extern const struct feature features[FEATURES];

enum kind {
	CLAIM, LEASE, RELEASE, HAND_BACK, CLOSE_LEASE,
	FORK, KILL_CHILD, KILL_WORKER,
	MAP, MAP_ALL, MAP_COMBINED, CROWD_IN, CROWD_LOOK, TOUCH, MREMAP, MUNMAP, READ, WRITE, PEEK, POLL,
	INTERRUPT, COUNT, ATTACH, DETACH, SUM,
	LOAD_DRIVER, UNLOAD_DRIVER, BIND, UNBIND,
	REMOVE, RESCAN, UNBIND_FME, BIND_FME, RELEASE_PORT, ASSIGN_PORT, UNLOAD, LOAD,
	KINDS
};

extern const char * const kind_names[KINDS];

/* One operation to be done. What `which` selects depends on the kind */
struct choice {
	enum kind kind;
	unsigned int worker, feature, which, delay_us;
};

struct batch {
	struct choice choices[BATCH];
	unsigned int n;
};

/*
 * With whose rights `owner` or `lease` is opened: the worker's own, or as a set-id program or a server does it. Who writes has
 * the worker's own in any case.
 */
enum opening {
	OWN,		/* the worker's */
	OTHER_USER,	/* another user's */
	OTHER_FSUID,	/* root's, but for files another user's */
	IN_NAMESPACE,	/* of a process in a user namespace of its own, in which it may do everything */
};

enum opening opening_of(const struct choice *choice);
uid_t opener_uid(const struct choice *choice);
/* May it do what only administrators may? */
bool is_admin(const struct choice *choice);
/* A lease's feature is offered to the kernel's drivers in the end */
bool is_to_kernel(const struct choice *choice);
/* A look through the mount that is read-only */
bool is_barred(const struct choice *choice);
/* By the sysfs of another network namespace */
bool is_elsewhere(const struct choice *choice);
/* By two threads at once, or with one that goes on while its process forks */
bool is_threaded(const struct choice *choice);

struct chooser;
struct chooser *choose_from(uint64_t seed, bool interrupts);
void choose(struct chooser *chooser, struct batch *batch);

/* What a look at a mapping has shown */
struct look {
	bool looked, alive, revived, wrong;
	uint64_t alive_at;	/* when the last access that worked began */
};

/* What a worker says of an operation */
struct result {
	bool idle;		/* there was nothing that it could be done with */
	int ret;		/* 0 or a negative errno */
	bool fresh;		/* through a descriptor opened for it, which it has kept */
	uint64_t begin, end;	/* CLOCK_MONOTONIC, ns */
	uint32_t magic, word;
	int revents;
	char text[16];
	long number;
	struct look looks[FEATURES][MAPS], child_looks[FEATURES][MAPS];
};

/* Of a child, for as long as it lives; `revived` and `wrong` for good */
struct child {
	pid_t pid;
	struct look looks[FEATURES][MAPS];
	bool revived, wrong;
};

struct shared {
	char names[FEATURES][16];	/* on the bus; empty if it is not there */
	struct batch batch;
	struct result results[BATCH];	/* of the choice with the same index */
	struct child children[WORKERS];
	unsigned int running;	/* workers that have not done all of the batch; the last one says so */
	uint64_t digest;
};

extern struct shared *shared;

/* The process of a worker. It takes a byte for each batch from the one descriptor; the last one gives a byte to the other */
_Noreturn void work(unsigned int worker, uid_t uid, int begin, int done);
uid_t worker_uid(unsigned int worker);
uint64_t now_ns(void);
/* Finds the features' names on the bus */
void find_names(void);
/* The feature's name on the bus, or one that no feature has */
const char *name_of(unsigned int feature);

/* One mapping, as the process that has it knows it */
struct mapping {
	volatile uint8_t *at;
	unsigned int page, pages;
	bool dead;	/* it has faulted once, and must do so for ever */
};

/* Before the first look */
void catch_faults(void);
uint32_t magic_of(unsigned int feature, unsigned int page);
/* Reads its first page and those that MASK selects, of a dead one the first; adds to what LOOK says */
void look_at(unsigned int feature, struct mapping *mapping, unsigned int mask, struct look *look);

/* The child's whole life */
_Noreturn void live_as_child(unsigned int worker, struct mapping mappings[FEATURES][MAPS], int ask, int answer);

/* Finds the card and describes what it is to be; before any worker is started */
void prepare_card(void);
/* Its PCI device */
const char *card_dir(void);
/* 0 or a negative errno */
int lay_and_bind_card(void);
int bind_card(void);
int remove_card(void);
int rescan_card(void);
int driver_file(const char *driver, const char *file, const char *device);
bool card_has_interrupts(void);

/* Remembers the state of the system; later, whether it is so again */
void remember_system(void);
bool memory_is_as_it_was(void);
bool interrupts_are_as_they_were(void);
/* 0 if nothing has been leaked, or the kernel cannot tell (then *known is false) */
int leaks(bool *known);

/* The model: at first the card is there and all modules but dflres are not */
void model_begin(const pid_t pids[WORKERS]);
/*
 * Judges what has been done, waits for what is to follow from it, and says what is wrong with it; false then. PIDS are the
 * workers' before the batch; a worker that has been killed is replaced only afterwards.
 */
bool model_judge(const struct batch *batch, const pid_t pids[WORKERS]);
/* Looks at everything that can be seen without doing anything */
bool model_audit(const pid_t pids[WORKERS]);
void model_new_worker(unsigned int worker);
bool is_there(unsigned int feature);

#endif
