/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the model share.
 *
 *	model.c		a batch: what each of its operations may have changed, and the judgement
 *	ownership.c	who has a feature, and the order of events that explains it
 *	holdings.c	what workers have opened and mapped through a claim
 *	interrupts.c	where interrupts have gone
 */

#ifndef MODEL_H
#define MODEL_H

#include "stress.h"

/* Claims are numbered from 2 on. What is held of a claim that nobody knows is found out when it is used */
#define NO_CLAIM 0
#define DEAD_CLAIM 1
#define UNKNOWN (~0U)

/* No eventfd is attached */
#define NOBODYS (-1)
/* Any worker's may be: two have attached theirs at once */
#define ANYBODYS (-2)

enum owner { NOBODY, KERNEL, USER };

/* How a claim's registers are reached: its first use decides. MIXED: what has been used nobody knows */
enum memory_type { UNDECIDED, UNCACHED, COMBINED, MIXED };

/* A feature */
struct state {
	bool present, listed;	/* on the bus; and dflres has a directory for it */
	bool driver;		/* its driver is loaded */
	enum owner owner;
	unsigned int claim;
	uid_t uid;
	pid_t pid;		/* 0 when it has gone */
	bool leased, to_kernel;
	enum memory_type type;
	unsigned int ended;	/* the claim that has ended last, and when the end was complete */
	uint64_t ended_at;
};

struct span {
	long low, high;
};

/* Of a claim: what has come so far, exactly, and to whom it goes */
struct irq {
	long count;
	int target;
};

/* What a worker holds, by the claim through which it has got it */
struct holdings {
	bool has_child;
	unsigned int leases[FEATURES], child_leases[FEATURES];
	unsigned int maps[FEATURES][MAPS], child_maps[FEATURES][MAPS];
	unsigned int registers[FEATURES];
	struct {
		unsigned int feature, claim;
	} crowd;
	struct {
		unsigned int listing;
		char seen[16];
	} owners[FEATURES];
	struct {
		unsigned int claim;
		long seen;
	} counts[FEATURES][IRQS];
	struct span sums[FEATURES][IRQS];
	uint32_t words[FEATURES];
};

/* Something that may have changed who owns a feature: a choice's part in it, or what follows from one */
enum change { CHOICE, LEASE_ENDS, GOES, COMES, PROBED, UNLISTED, LISTED };

struct event {
	enum change change;
	enum kind kind;
	int ret;
	unsigned int worker, claim;
	uid_t uid;		/* whose rights it has */
	bool admin, to_kernel;
	uint64_t begin, end;
};

#define EVENTS 24

struct story {
	struct event events[EVENTS];
	unsigned int n;
	bool moves;	/* the feature or its files come or go */
	bool contended;	/* another feature's claim may have one of its interrupts */
	bool fallible;	/* its driver may fail to probe it, see find_fallible() */
};

/* What can be seen of a feature */
struct sight {
	bool present, listed, claimed, leased;
	char owner[16], driver[32];
	uid_t uid;
	long pid;
};

/* Before and after the batch that is judged */
extern struct state before[FEATURES], after[FEATURES];
extern struct story stories[FEATURES];
extern struct holdings holdings[WORKERS];
extern struct irq irqs[FEATURES][IRQS];
/* How often each feature's files have come */
extern unsigned int listings[FEATURES];
extern const pid_t *pids;
/* Nothing has been complained of */
extern bool good;

/* model.c */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool is_absent(int ret);
bool has_interrupts(void);
/* One claim had the feature all along */
bool held(unsigned int f);
/* Nothing that concerns who has the feature was tried */
bool quiet(unsigned int f);

/* ownership.c */
extern const char * const owner_words[];
bool may(const struct state *s, uid_t uid);
bool agrees(const struct state *s, const struct sight *sight, const struct feature *feature);
void see(unsigned int f, struct sight *sight);
void tell(unsigned int f, const struct sight *sight);
void settle(unsigned int f, const struct story *story);

/* holdings.c */
bool must_live(unsigned int f, unsigned int claim);
void check_use(const char *what, unsigned int f, unsigned int *claim, bool works, uint64_t at);
unsigned int check_open(const char *what, unsigned int f, uid_t uid, bool of_irqs, int ret);
void bury_unknown(unsigned int f);
void check_registers(const struct choice *c, const struct result *r);
void check_peek(const struct choice *c, const struct result *r);
void check_map(const struct choice *c, const struct result *r);
void check_touch(const struct choice *c, const struct result *r);
void check_fork(const struct choice *c, const struct result *r);
void check_crowd(const struct choice *c, const struct result *r);
void check_types(const struct batch *batch, const struct result *results);
void check_poll(const struct choice *c, const struct result *r);

/* interrupts.c */
void check_interrupts(const struct batch *batch, const struct result *results);

#endif
