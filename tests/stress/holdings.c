// SPDX-License-Identifier: GPL-2.0
/* See model.h: what workers hold */

#include "model.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

bool must_live(unsigned int f, unsigned int claim)
{
	return held(f) && claim == before[f].claim;
}

/* The claim was made in the batch */
static bool is_new(unsigned int f, unsigned int claim)
{
	unsigned int i;

	for (i = 0; i < stories[f].n; i++)
		if (stories[f].events[i].claim == claim && stories[f].events[i].change == CHOICE)
			return true;
	return false;
}

/* AT: when it began */
static bool must_be_dead(unsigned int f, unsigned int claim, uint64_t at)
{
	if (quiet(f) && before[f].owner != USER)
		return true;
	if (claim == UNKNOWN)
		return false;
	if (claim != before[f].claim && !is_new(f, claim))
		return true;
	return after[f].ended == claim && at > after[f].ended_at;
}

/* Judges a use of something that was had through *CLAIM, and what is known of that afterwards */
void check_use(const char *what, unsigned int f, unsigned int *claim, bool works, uint64_t at)
{
	if (works && must_be_dead(f, *claim, at))
		complain("0x%x: %s of claim %u works after its end", features[f].id, what, *claim);
	if (!works && must_live(f, *claim))
		complain("0x%x: %s of claim %u fails before its end", features[f].id, what, *claim);
	if (*claim == UNKNOWN && !works)
		*claim = DEAD_CLAIM;
	else if (*claim == UNKNOWN && (quiet(f) || held(f)))
		*claim = before[f].claim;
}

/* A claim that is refused because of an interrupt of another feature's claim has had the files of its own interrupts until then */
static bool has_had_files(unsigned int f, const struct event *e, bool of_irqs)
{
	return e->claim && e->change == CHOICE &&
	       (!e->ret || (of_irqs && e->ret == -EBUSY && stories[f].contended));
}

/* The claims of a batch that a user may have had to do with, or that have been in that user's way; and the last of them */
static unsigned int claims_for(unsigned int f, uid_t uid, bool of_irqs, bool usable, unsigned int *claim)
{
	unsigned int i, n = 0;

	if (before[f].owner == USER && may(&before[f], uid) == usable) {
		*claim = before[f].claim;
		n++;
	}
	for (i = 0; i < stories[f].n; i++) {
		const struct event *e = &stories[f].events[i];

		if (has_had_files(f, e, of_irqs) && (!uid || uid == e->uid) == usable) {
			*claim = e->claim;
			n++;
		}
	}
	return n;
}

/*
 * Judges an attempt to open a file of a claim; the claim it was of. Where claims come or go meanwhile, all three answers may be
 * right: each needs a moment that explains it.
 */
unsigned int check_open(const char *what, unsigned int f, uid_t uid, bool of_irqs, int ret)
{
	int want = before[f].owner != USER ? -ENOENT : may(&before[f], uid) ? 0 : -EACCES;
	unsigned int claim = DEAD_CLAIM, n;

	if (quiet(f) || held(f)) {
		if (ret != want)
			complain("0x%x: %s by user %u gave %d (%s) and not %d", features[f].id, what, uid, ret,
				 strerror(-ret), want);
		return ret ? NO_CLAIM : before[f].claim;
	}
	n = ret && ret != -EACCES ? is_absent(ret) : claims_for(f, uid, of_irqs, !ret, &claim);
	if (!n)
		complain("0x%x: %s by user %u gave %d (%s), and there was no claim for that", features[f].id, what, uid, ret,
			 strerror(-ret));
	if (ret)
		return DEAD_CLAIM;
	return n == 1 ? claim : UNKNOWN;
}

static void bury(unsigned int *claim)
{
	if (*claim == UNKNOWN)
		*claim = DEAD_CLAIM;
}

/* Nobody has the feature any more, so whichever claim it was has ended */
void bury_unknown(unsigned int f)
{
	unsigned int w, i;

	for (w = 0; w < WORKERS; w++) {
		struct holdings *h = &holdings[w];

		for (i = 0; i < MAPS; i++) {
			bury(&h->maps[f][i]);
			bury(&h->child_maps[f][i]);
		}
		for (i = 0; i < IRQS; i++)
			bury(&h->counts[f][i].claim);
		bury(&h->registers[f]);
		if (h->crowd.feature == f)
			bury(&h->crowd.claim);
	}
}

/* The way in which an operation reaches registers, if it does */
static enum memory_type type_of(const struct choice *c)
{
	switch (c->kind) {
	case MAP:
	case MAP_ALL:
	case CROWD_IN:
	case READ:
	case WRITE:
		return UNCACHED;
	case PEEK:
		return is_barred(c) ? UNDECIDED : UNCACHED;
	case MAP_COMBINED:
		return COMBINED;
	default:
		return UNDECIDED;
	}
}

static enum memory_type other_type(enum memory_type type)
{
	return type == UNCACHED ? COMBINED : UNCACHED;
}

/* What a use says of the claim's type; EBUSY: that it is the other one */
static enum memory_type shown_type(const struct choice *c, const struct result *r)
{
	enum memory_type type = type_of(c);

	if (type == UNDECIDED || r->idle || (r->ret && r->ret != -EBUSY))
		return UNDECIDED;
	return r->ret ? other_type(type) : type;
}

static void check_type(unsigned int f, const struct batch *batch, const struct result *results)
{
	enum memory_type type = after[f].type;
	bool used = type != UNDECIDED;
	unsigned int k;

	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];
		const struct result *r = &results[k];
		enum memory_type shown = c->feature == f ? shown_type(c, r) : UNDECIDED;

		if (shown == UNDECIDED)
			continue;
		if (type != UNDECIDED && type != MIXED && type != shown)
			complain("0x%x: %s gave %d though the claim's memory is of the other type", features[f].id,
				 kind_names[c->kind], r->ret);
		used |= !r->ret;
		type = shown;
	}
	if (type != UNDECIDED && !used)
		complain("0x%x: registers are refused for a type of memory that nobody has used", features[f].id);
	after[f].type = type;
}

/* Of a claim that comes or goes meanwhile, no one knows which uses were its own */
void check_types(const struct batch *batch, const struct result *results)
{
	unsigned int f, k;

	for (f = 0; f < FEATURES; f++) {
		if (held(f)) {
			check_type(f, batch, results);
			continue;
		}
		for (k = 0; k < batch->n; k++)
			if (batch->choices[k].feature == f && type_of(&batch->choices[k]) != UNDECIDED)
				after[f].type = MIXED;
	}
}

void check_peek(const struct choice *c, const struct result *r)
{
	bool answered = r->ret == (is_barred(c) ? -EROFS : -EBUSY) || (!r->ret && !is_barred(c));

	if (is_barred(c) && !r->ret)
		complain("0x%x: registers are reached through a read-only mount", features[c->feature].id);
	else
		check_open("a look", c->feature, worker_uid(c->worker), false, answered ? 0 : r->ret);
	if (!is_barred(c) && !r->ret && r->magic != magic_of(c->feature, 0))
		complain("0x%x: a look reads 0x%x and not 0x%x", features[c->feature].id, r->magic,
			 magic_of(c->feature, 0));
}

void check_registers(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];
	unsigned int f = c->feature, *claim = &h->registers[f];
	int ret = r->ret == -EBUSY ? 0 : r->ret;	/* see check_types() */

	if (r->fresh)
		*claim = check_open("resource0", f, worker_uid(c->worker), false, ret);
	else
		check_use("a descriptor", f, claim, !ret, r->begin);
	if (!r->fresh && ret && ret != -ENODEV)
		complain("0x%x: a descriptor gave %d (%s)", features[f].id, r->ret, strerror(-r->ret));
	if (!r->ret && c->kind == WRITE)
		h->words[f] = r->word;
	if (!r->ret && c->kind == READ && (r->magic != magic_of(f, 0) || r->word != h->words[f]))
		complain("0x%x: the registers read 0x%x and 0x%x, not 0x%x and 0x%x", features[f].id, r->magic, r->word,
			 magic_of(f, 0), h->words[f]);
}

void check_map(const struct choice *c, const struct result *r)
{
	unsigned int f = c->feature, claim, m;
	int ret = r->ret == -EBUSY ? 0 : r->ret;	/* see check_types() */

	if (!features[f].pages) {
		if (!ret)
			complain("0x%x is part of a page, and was mapped", features[f].id);
		if (ret == -ENODEV)
			ret = 0;
	}
	claim = check_open("a mapping", f, worker_uid(c->worker), false, ret);
	for (m = 0; m < MAPS; m++)
		if (c->kind == MAP_ALL || m == c->which % MAPS)
			holdings[c->worker].maps[f][m] = r->ret ? NO_CLAIM : claim;
}

static void check_looks(const char *what, const struct look looks[FEATURES][MAPS], unsigned int maps[FEATURES][MAPS])
{
	unsigned int f, m;

	for (f = 0; f < FEATURES; f++)
		for (m = 0; m < MAPS; m++) {
			const struct look *look = &looks[f][m];

			if (!look->looked)
				continue;
			if (look->revived || look->wrong)
				complain("0x%x: %s %s", features[f].id, what,
					 look->wrong ? "shows what is not the feature's" : "came back to life");
			if (look->alive_at && must_be_dead(f, maps[f][m], look->alive_at))
				complain("0x%x: %s of claim %u has read a value after its end", features[f].id, what,
					 maps[f][m]);
			check_use(what, f, &maps[f][m], look->alive, look->alive_at);
		}
}

void check_touch(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];

	check_looks("a mapping", r->looks, h->maps);
	check_looks("a child's mapping", r->child_looks, h->child_maps);
}

void check_fork(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];

	check_looks("a mapping during a fork", r->looks, h->maps);
	h->has_child = true;
	memcpy(h->child_maps, h->maps, sizeof(h->maps));
}

/* One for whom it has failed says that the claim has ended; one for whom it has worked, that it had not when the look began */
void check_crowd(const struct choice *c, const struct result *r)
{
	typeof(&holdings[0].crowd) crowd = &holdings[c->worker].crowd;
	unsigned int f = crowd->feature;
	const struct look *look = &r->looks[f][0];

	if (c->kind == CROWD_IN) {
		int ret = r->ret == -EBUSY ? 0 : r->ret;	/* see check_types() */
		uid_t uid = worker_uid(c->worker);
		unsigned int claim = NO_CLAIM;

		crowd->feature = c->feature;
		if (ret != -EAGAIN)
			claim = check_open("one of many", c->feature, uid, false, ret == -ENODEV ? -ENOENT : ret);
		else if (claims_for(c->feature, uid, false, true, &claim) < 2)
			complain("0x%x: of many descriptors the first ones fail and the last ones work", features[c->feature].id);
		crowd->claim = r->ret ? NO_CLAIM : claim;
		return;
	}
	if (r->ret && r->ret != -ENODEV)
		complain("0x%x: one of many descriptors gave %d (%s)", features[f].id, r->ret, strerror(-r->ret));
	if (look->revived || look->wrong)
		complain("0x%x: one of many mappings came back to life, or shows what is not the feature's", features[f].id);
	if (look->alive_at && must_be_dead(f, crowd->claim, look->alive_at))
		complain("0x%x: one of many has read a value after claim %u had ended", features[f].id, crowd->claim);
	check_use("one of many", f, &crowd->claim, !r->ret && (look->alive || !features[f].pages), look->alive_at);
}

/* May `owner` have said so during the batch? */
static bool may_be_word(unsigned int f, const char *word)
{
	unsigned int claim;

	if (!strcmp(word, owner_words[KERNEL]))
		return features[f].driver;
	if (!strcmp(word, owner_words[USER]))
		return claims_for(f, 0, false, true, &claim);
	return !strcmp(word, owner_words[NOBODY]);
}

void check_poll(const struct choice *c, const struct result *r)
{
	unsigned int f = c->feature;
	typeof(&holdings[0].owners[0]) owner = &holdings[c->worker].owners[f];
	bool listed = before[f].present && before[f].listed;

	if (quiet(f) && (r->fresh || owner->listing != UNKNOWN)) {
		bool lives = listed && (r->fresh || owner->listing == listings[f]);

		if (lives ? r->ret : !is_absent(r->ret))
			complain("0x%x: owner gave %d (%s)", features[f].id, r->ret, strerror(-r->ret));
		if (lives && strcmp(r->text, owner_words[before[f].owner]))
			complain("0x%x: owner reads '%s' and not '%s'", features[f].id, r->text,
				 owner_words[before[f].owner]);
		if (lives && !r->fresh && strcmp(r->text, owner->seen) && !(r->revents & POLLPRI))
			complain("0x%x: owner went from '%s' to '%s' and nobody was woken", features[f].id,
				 owner->seen, r->text);
		if (!lives && !r->fresh && !(r->revents & POLLERR))
			complain("0x%x: the end of owner woke nobody", features[f].id);
	}
	if (r->ret ? !is_absent(r->ret) : !may_be_word(f, r->text))
		complain("0x%x: owner gave %d, '%s'", features[f].id, r->ret, r->text);
	if (r->ret)
		owner->listing = DEAD_CLAIM;
	else if (r->fresh)
		owner->listing = stories[f].moves ? UNKNOWN : listings[f];
	snprintf(owner->seen, sizeof(owner->seen), "%s", r->text);
}
