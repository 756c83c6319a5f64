// SPDX-License-Identifier: GPL-2.0
/* dflres comes and goes while others are at work: claims begin and end, and a driver's probe is going on */

#include "guest.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define UNLOADS 50
#define DRIVER "/sys/bus/dfl/drivers/probe_fails"
#define PARAMETERS "/sys/module/probe_fails/parameters"

static char *feat;

static int leases_for_ever(const void *unused)
{
	for (;;) {
		int event = new_event();

		/* mostly refused, for there is no such file, or somebody else has the feature */
		take_lease(feat, event);
		close(event);
		usleep(3000);
	}
	return unused != NULL;
}

static int claims_for_ever(const void *unused)
{
	for (;;) {
		set_owner(feat, "user");
		set_owner(feat, "none");
		usleep(1000);
	}
	return unused != NULL;
}

static void test_claims(void)
{
	pid_t claimers[2] = { background(leases_for_ever, NULL), background(claims_for_ever, NULL) };
	int i, unloads = 0, bad = 0;

	/* A lease pins the module */
	for (i = 0; i < PATIENCE && unloads < UNLOADS; i++) {
		if (unload("dflres")) {
			usleep(1000);
			continue;
		}
		unloads++;
		bad += load("dflres") != 0;
	}
	for (i = 0; i < 2; i++) {
		kill(claimers[i], SIGKILL);
		finish(claimers[i]);
	}
	is(unloads, UNLOADS, "dflres unloads %d times while others claim and lease all the time", UNLOADS);
	is(bad, 0, "dflres loads each time after an unload");
	is(set_owner(feat, "none"), 0, "the last claim beside unloads ends");
	ok(lease_ends(feat), "the last lease ends with its process");
}

static int set_hold(bool hold)
{
	return sh("echo %d >" PARAMETERS "/hold", hold);
}

static bool probe_begins(void)
{
	return !sh("for i in $(seq 1000); do [ \"$(cat " PARAMETERS "/probing 2>/dev/null)\" = Y ] && exit 0; sleep 0.05; done; exit 1");
}

static int load_driver(const void *unused)
{
	(void)unused;
	return sh("insmod /lib/dfl/probe_fails.ko hold=1");
}

static int bind_driver(const void *unused)
{
	(void)unused;
	return sh("echo %s >" DRIVER "/bind 2>/dev/null", feat) ? 0 : 1;
}

/* Of a driver whose probe has not ended nobody can say that it has the feature */
static void test_failing_probe(void)
{
	pid_t driver;

	is(unload("dflres"), 0, "dflres unloads before the driver comes");
	driver = background(load_driver, NULL);
	ok(probe_begins(), "the first probe of the driver begins");
	is(load("dflres"), 0, "dflres loads during the probe");
	is(set_hold(false), 0, "the first probe of the driver may end");
	is(finish(driver), 0, "the driver is loaded, and its probe has failed");
	is_str(get_owner(feat), "none", "nobody has the feature after the first probe");
	set_hold(true);
	driver = background(bind_driver, NULL);
	ok(probe_begins(), "the second probe of the driver begins");
	is_str(get_owner(feat), "none", "nobody has the feature during a probe that will fail");
	set_hold(false);
	is(finish(driver), 0, "the second probe of the driver fails");
	is_str(get_owner(feat), "none", "nobody has the feature after the second probe");
	is(unload("probe_fails"), 0, "the driver whose probe fails unloads");
}

int main(void)
{
	setup("basic");
	feat = need_feature(PLAIN, 0);
	test_claims();
	test_failing_probe();
	return done();
}
