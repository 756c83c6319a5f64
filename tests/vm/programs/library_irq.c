// SPDX-License-Identifier: GPL-2.0
/* libdflres and interrupts: cards/msix.card, whose feature 0x300 has vector 0 */

#define _GNU_SOURCE
#include "guest.h"

#include <dflres.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define VECTOR 0

static struct dflres_feature *feat;
static struct dflres_claim *claim;

static void fire(unsigned int times)
{
	while (times--)
		if (sh("card irq %d", VECTOR))
			bail("the card raises an interrupt");
}

/* When the main thread sleeps, which it does in the wait */
static void *fire_soon(void *arg)
{
	until_asleep(getpid());
	fire(1);
	return arg;
}

static uint64_t wait_sum(struct dflres_irq *irq, uint64_t expected)
{
	uint64_t sum = 0, count;

	while (sum < expected && !dflres_irq_wait(irq, PATIENCE, &count))
		sum += count;
	if (!dflres_irq_wait(irq, 50, &count))
		sum += count;
	return sum;
}

static void test_counts(unsigned int flags, const char *what)
{
	const char *name = dflres_feature_name(feat);
	struct dflres_irq *irq;
	uint64_t before, count;
	struct epoll_event event = { 0 }, got;
	pthread_t thread;
	int epoll;

	before = atol(get(name, "dflres/irq0"));
	fire(2);
	ok(irq_counts_to(name, 0, before + 2), "%s: two interrupts come before the open", what);
	is(dflres_irq_open(&irq, claim, 0, flags), 0, "%s: the interrupt opens after two have come", what);
	is(dflres_irq_count(irq, &before), 0, "%s: the count since the claim is told", what);
	ok(before >= 2, "%s: interrupts from before the open are counted", what);
	is(dflres_irq_wait(irq, 50, &count), -ETIMEDOUT,
	   "%s: interrupts from before the open are not waited for", what);

	fire(5);
	is(wait_sum(irq, 5), 5, "%s: interrupts between the open and the first wait are not lost", what);
	fire(20);
	is(wait_sum(irq, 20), 20, "%s: interrupts between two waits are not lost", what);
	is(dflres_irq_count(irq, &count), 0, "%s: the count is told after 25 more interrupts", what);
	is(count, before + 25, "%s: the count is exact after 25 more interrupts", what);

	pthread_create(&thread, NULL, fire_soon, NULL);
	is(dflres_irq_wait(irq, -1, &count) ?: (long)count, 1, "%s: an interrupt wakes who waits for it", what);
	pthread_join(thread, NULL);

	epoll = epoll_create1(EPOLL_CLOEXEC);
	event.events = dflres_irq_events(irq);
	epoll_ctl(epoll, EPOLL_CTL_ADD, dflres_irq_fd(irq), &event);
	is(epoll_wait(epoll, &got, 1, 0), 0, "%s: epoll has nothing before an interrupt", what);
	fire(1);
	is(epoll_wait(epoll, &got, 1, PATIENCE), 1, "%s: an interrupt wakes epoll", what);
	is(dflres_irq_count(irq, &count), 0, "%s: the count is told while epoll is ready", what);
	is(epoll_wait(epoll, &got, 1, 0), 1, "%s: a look at the count leaves epoll ready", what);
	is(dflres_irq_take(irq, &count) ?: (long)count, 1, "%s: dflres_irq_take() takes one interrupt", what);
	is(epoll_wait(epoll, &got, 1, 0), 0, "%s: epoll has nothing after the interrupt was taken", what);
	close(epoll);
	dflres_irq_close(irq);
}

static void *release_soon(void *arg)
{
	until_asleep(getpid());
	set_owner(dflres_feature_name(feat), "none");
	return arg;
}

static void test_end(unsigned int flags, const char *what)
{
	struct dflres_irq *irq;
	pthread_t thread;
	uint64_t count;

	is(dflres_irq_open(&irq, claim, 0, flags), 0, "%s: the interrupt opens before the claim's end", what);
	pthread_create(&thread, NULL, release_soon, NULL);
	is(dflres_irq_wait(irq, -1, &count), -ENODEV, "%s: the end of the claim wakes who waits", what);
	pthread_join(thread, NULL);
	is(dflres_irq_take(irq, &count), -ENODEV, "%s: no interrupt is taken after the claim's end", what);
	is(dflres_irq_count(irq, &count), -ENODEV, "%s: no count is told after the claim's end", what);
	dflres_irq_close(irq);
	is(dflres_irq_open(&irq, claim, 0, flags), -ENODEV, "%s: no interrupt opens after the claim's end", what);
	dflres_claim_close(claim);
	is(dflres_claim_open(&claim, feat, 0, 0), 0, "%s: the feature is claimed anew", what);
}

static void test_both(void)
{
	struct dflres_irq *irq, *watch, *second;
	uint64_t count;

	is(dflres_irq_open(&irq, claim, 1, 0), -ENOENT, "an interrupt that the feature has not does not open");
	is(dflres_irq_open(&irq, claim, 0, 0), 0, "an interrupt opens to be used");
	is(dflres_irq_open(&watch, claim, 0, DFLRES_IRQ_WATCH), 0, "an interrupt opens to look on");
	fire(3);
	is(wait_sum(irq, 3), 3, "who uses an interrupt gets all of them");
	is(wait_sum(watch, 3), 3, "who looks on gets all interrupts as well");
	dflres_irq_close(watch);
	fire(1);
	is(wait_sum(irq, 1), 1, "who uses an interrupt gets it when nobody looks on any more");
	is(dflres_irq_open(&second, claim, 0, 0), 0, "a second object of the interrupt takes the first one's place");
	fire(1);
	is(wait_sum(second, 1), 1, "the second object of an interrupt counts what comes");
	is(dflres_irq_take(irq, &count) ?: (long)count, 0, "the first object of an interrupt counts no more");
	dflres_irq_close(irq);
	fire(1);
	is(wait_sum(second, 1), 1, "the second object of an interrupt still counts after the first one's close");
	dflres_irq_close(second);
}

static void test_example(void)
{
	const char *name = dflres_feature_name(feat);

	dflres_claim_close(claim);
	is(sh("example-interrupt %s 60000 >/tmp/interrupt & "
	      "until grep -q waiting /tmp/interrupt; do usleep 10000; done; "
	      "card irq %d; wait; grep -q 'interrupts: 1' /tmp/interrupt", name, VECTOR), 0,
	   "the example interrupt tells of an interrupt");
	is(sh("example-interrupt %s 10 >/dev/null 2>&1", name), 1,
	   "the example interrupt gives up when its time is over");
}

int main(void)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;

	setup("msix");
	filter.id = 0x300;
	if (dflres_feature_find(&feat, &filter, 0) || dflres_claim_open(&claim, feat, 0, 0))
		bail("the feature can be claimed");
	test_counts(0, "eventfd");
	test_counts(DFLRES_IRQ_WATCH, "looking on");
	test_both();
	test_end(0, "eventfd");
	test_end(DFLRES_IRQ_WATCH, "looking on");
	test_example();
	dflres_feature_close(feat);
	return done();
}
