// SPDX-License-Identifier: GPL-2.0
/* libdflres in event loops that know no POLLPRI: the end of a claim and the changes of an owner, by POLLIN */

#define _GNU_SOURCE
#include "guest.h"

#include <dflres.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static struct dflres_feature *feat;

static struct dflres_claim *claim_it(void)
{
	struct dflres_claim *claim;

	if (dflres_claim_open(&claim, feat, 0, 0))
		bail("the feature can be claimed");
	return claim;
}

/* When the main thread sleeps: as an administrator does */
static void *release_soon(void *arg)
{
	until_asleep(getpid());
	set_owner(dflres_feature_name(feat), "none");
	return arg;
}

/* What a loop has that puts all descriptors into an epoll of its own: that is one in the other */
static int wait_in_loop(int fd, int timeout)
{
	struct epoll_event event = { .events = EPOLLIN };
	int loop = epoll_create1(0), ready;

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event))
		bail("a loop takes the descriptor");
	ready = epoll_wait(loop, &event, 1, timeout);
	close(loop);
	return ready;
}

static void test_end(const char *what, int (*wait)(int fd, int timeout))
{
	struct dflres_claim *claim = claim_it();
	int fd = dflres_claim_end_epoll(claim), second = dflres_claim_end_epoll(claim);
	pthread_t thread;

	ok(fd >= 0 && second >= 0 && fd != second, "%s: a claim gives two descriptors for its end", what);
	is(fcntl(fd, F_GETFD), FD_CLOEXEC, "%s: the end's descriptor is close-on-exec", what);
	is(wait(fd, 0), 0, "%s: the end's descriptor is not ready while the claim holds", what);
	pthread_create(&thread, NULL, release_soon, NULL);
	is(wait(fd, PATIENCE), 1, "%s: the end of the claim wakes who waits", what);
	pthread_join(thread, NULL);
	is(dflres_claim_check(claim), -ENODEV, "%s: dflres_claim_check() says that the claim has ended", what);
	is(wait(fd, 0), 1, "%s: the end's descriptor stays ready", what);
	is(wait(second, 0), 1, "%s: the second descriptor for the end is ready", what);
	is(dflres_claim_end_epoll(claim), -ENODEV, "%s: a claim that has ended gives no descriptor for its end", what);
	close(second);
	dflres_claim_close(claim);
	is(wait(fd, 0), 0, "%s: the end's descriptor is never ready after the claim's close", what);
	close(fd);
}

static void test_claim_anew(void)
{
	struct dflres_claim *claim = claim_it(), *anew;
	int fd = dflres_claim_end_epoll(claim), fresh;

	set_owner(dflres_feature_name(feat), "none");
	anew = claim_it();
	fresh = dflres_claim_end_epoll(anew);
	is(poll_for(fd, POLLIN, 0), POLLIN, "the end of a claim is seen also when the feature has been claimed anew");
	is(poll_for(fresh, POLLIN, 0), 0, "the new claim has not ended");
	close(fd);
	dflres_claim_close(claim);
	dflres_claim_close(anew);
	close(fresh);
}

static void test_watch(const char *what, int (*wait)(int fd, int timeout))
{
	struct dflres_claim *claim = claim_it();
	enum dflres_owner owner;
	struct dflres_watch *watch;
	pthread_t thread;
	int fd;

	if (dflres_watch_open(&watch, feat))
		bail("the owner can be watched");
	fd = dflres_watch_epoll(watch);
	ok(fd >= 0, "%s: a watch gives a descriptor for the owner", what);
	is(fcntl(fd, F_GETFD), FD_CLOEXEC, "%s: the owner's descriptor is close-on-exec", what);
	is(wait(fd, 0), 0, "%s: the owner's descriptor is not ready before a change", what);
	pthread_create(&thread, NULL, release_soon, NULL);
	is(wait(fd, PATIENCE), 1, "%s: a change of the owner wakes who waits", what);
	pthread_join(thread, NULL);
	is(wait(fd, 0), 1, "%s: the owner's descriptor is ready until the owner is read", what);
	is(dflres_watch_read(watch, &owner), 0, "%s: the owner is read after the change", what);
	is(owner, DFLRES_OWNER_NONE, "%s: the owner after the change is none", what);
	is(wait(fd, 0), 0, "%s: the owner's descriptor is not ready once the owner is read", what);
	dflres_claim_close(claim);
	claim = claim_it();
	is(wait(fd, 0), 1, "%s: the next change makes the owner's descriptor ready again", what);
	dflres_watch_close(watch);
	is(wait(fd, 0), 0, "%s: the owner's descriptor is never ready after the watch's close", what);
	close(fd);
	dflres_claim_close(claim);
}

/* POLLIN alone, as selectors and asyncio ask for */
static int wait_readable(int fd, int timeout)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout) == 1 && poll_fd.revents == POLLIN;
}

static void test_unplug(void)
{
	struct dflres_claim *claim = claim_it();
	struct dflres_watch *watch;
	int end, owner;

	if (dflres_watch_open(&watch, feat))
		bail("the owner can be watched");
	end = dflres_claim_end_epoll(claim);
	owner = dflres_watch_epoll(watch);
	sh("card unbind");
	is(wait_readable(end, PATIENCE), 1, "the end of a claim by unplug is seen");
	is(wait_readable(owner, PATIENCE), 1, "the change of the owner by unplug is seen");
	close(end);
	close(owner);
	dflres_watch_close(watch);
	dflres_claim_close(claim);
	dflres_feature_close(feat);
}

int main(void)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;

	setup("basic");
	filter.id = BIG;
	if (dflres_feature_find(&feat, &filter, 0))
		bail("the feature is found");
	test_end("by poll", wait_readable);
	test_end("by epoll in epoll", wait_in_loop);
	test_claim_anew();
	test_watch("by poll", wait_readable);
	test_watch("by epoll in epoll", wait_in_loop);
	test_unplug();
	return done();
}
