// SPDX-License-Identifier: GPL-2.0
/*
 * A feature appears inside one that is claimed: cards/latecomer.card
 *
 * The kernel adds the devices of a card one after another, and who is told of one may claim it before the next one is there.
 * Here a port comes late: dfl-fme takes its devices away and brings them back, resources and all, upon request.
 *
 * The card goes without the port: the kernel's own platform_device_del() takes the FME's resources out first, with what
 * is inside them, and a port's resource there would be left to freed memory.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTER 0x600
#define INNER 0x601
#define MARK 0x5a5a1234

static char *outer;

/* Kernel 6.12 adds the same device once more, which the driver core then takes for dead: its resources come back, no driver */
static bool kernel_binds_again(void)
{
	return kernel_version() > 612;
}

static void inner_comes(void)
{
	port_comes();
	if (kernel_binds_again())
		free(need_feature(INNER, 0));
}

static void inner_goes(void)
{
	port_goes();
	if (feature(INNER, 0))
		bail("the port's feature goes with it");
}

static void inner_is_refused(const char *when)
{
	char *inner = feature(INNER, 0);

	if (!inner)
		return;
	is(set_owner(inner, "user"), -ENXIO, "%s: a claim of the inner feature is refused", when);
	is_str(get_owner(inner), "none", "%s: nobody has the inner feature after the refusal", when);
	ok(!has_file(inner, "dflres/resource0"), "%s: the inner feature has no resource0", when);
	free(inner);
}

static void outer_is_claimed(const char *when)
{
	is(set_owner(outer, "user"), 0, "%s: the outer feature is claimed", when);
}

static void outer_works(const char *when)
{
	uint32_t value = 0, mark = MARK;
	int fd = open_file(outer, "dflres/resource0", O_RDWR);

	is_str(get_owner(outer), "user", "%s: the owner of the outer feature is user", when);
	ok(pwrite(fd, &mark, 4, PAGE) == 4 && pread(fd, &value, 4, PAGE) == 4 && value == mark,
	   "%s: registers of the outer feature are reached", when);
	close(fd);
}

static void outer_is_refused(const char *when)
{
	is(set_owner(outer, "user"), -ENXIO, "%s: a claim of the outer feature is refused", when);
	is_str(get_owner(outer), "none", "%s: nobody has the outer feature after the refusal", when);
}

static void outer_is_released(const char *when)
{
	is(set_owner(outer, "none"), 0, "%s: the outer feature is released", when);
}

int main(void)
{
	unsigned int round;

	setup("latecomer");
	outer = need_feature(OUTER, 0);
	inner_is_refused("both from the beginning");
	outer_is_refused("both from the beginning");

	/* twice: what the first round has left in the resource tree, the second finds */
	for (round = 0; round < 2; round++) {
		inner_goes();
		outer_is_claimed("without the port");
		inner_comes();
		inner_is_refused("the port came late");
		outer_works("the port came late");
		outer_is_released("the port came late");
		outer_is_refused("released, the port is still there");
		inner_is_refused("released, the port is still there");

		inner_goes();
		outer_is_claimed("the port is gone");
		inner_comes();
		inner_goes();
		outer_works("the port came and went");
		outer_is_released("the port came and went");
		outer_is_claimed("as it was");
		outer_is_released("as it was");
		inner_comes();
		outer_is_refused("the port came while nobody had the outer one");
	}

	inner_goes();
	outer_is_claimed("to the end");
	is(sh("card unbind"), 0, "the card goes while its outer feature is claimed");
	ok(!feature(OUTER, 0), "the outer feature goes with the card");
	return done();
}
