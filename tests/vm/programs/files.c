// SPDX-License-Identifier: GPL-2.0
/* Every feature has its files, whichever of card and module came first */

#include "guest.h"

#include <dirent.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	mode_t mode;
} files[] = {
	{ "owner", 0644 },    { "lease", 0644 },    { "resource", 0444 }, { "claimable", 0444 },
	{ "mappable", 0444 }, { "num_irqs", 0444 }, { "revision", 0444 }, { "dma", 0444 },
};

/* What cards/basic.card says, and how many of its features are on the DFL bus */
#define PLAIN_REVISION "0x2"
#define BIG_AT (9 * PAGE)
#define BIG_SIZE (16 * PAGE)
#define BASIC_FEATURES 10

static const unsigned int ids[] = { EMIF, UIO, PLAIN, OTHER, BIG };

static int count_files(const char *feat)
{
	char name[256];
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	path(name, sizeof(name), feat, "dflres");
	dir = opendir(name);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Start and end of the feature in /proc/iomem */
static bool in_iomem(const char *feat)
{
	unsigned long long start = reg_start(feat), end = start + reg_size(feat) - 1;
	char want[128], line[256];
	bool found = false;
	FILE *iomem = fopen("/proc/iomem", "r");

	snprintf(want, sizeof(want), "%08llx-%08llx : %s\n", start, end, feat);
	while (iomem && fgets(line, sizeof(line), iomem))
		found |= !strcmp(line + strspn(line, " "), want);
	if (iomem)
		fclose(iomem);
	return found;
}

static void check_features(const char *when)
{
	unsigned int i, k;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char *feat = need_feature(ids[i], 0);
		bool good = true;

		for (k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
			char file[64];

			snprintf(file, sizeof(file), "dflres/%s", files[k].name);
			if (is_file_of(feat, file, files[k].mode, 0))
				continue;
			note("%s: no %s with mode %o", feat, file, files[k].mode);
			good = false;
		}
		ok(good, "%s: feature 0x%x has its files, root's and with their modes", when,
		   ids[i]);
		is(count_files(feat), sizeof(files) / sizeof(files[0]),
		   "%s: feature 0x%x has no other files", when, ids[i]);
		ok(in_iomem(feat), "%s: a feature's resource is the one in /proc/iomem", when);
		is_str(get_owner(feat), "none", "%s: nobody owns a fresh feature", when);
		is_str(get(feat, "dflres/num_irqs"), "0", "%s: a feature of the basic card has no interrupts", when);
		is_str(get(feat, "dflres/claimable"), "yes", "%s: feature 0x%x can be claimed", when, ids[i]);
		is_str(get(feat, "dflres/lease"), "0", "%s: feature 0x%x is not leased", when, ids[i]);
		free(feat);
	}
	is_str(get(need_feature(PLAIN, 0), "dflres/revision"), PLAIN_REVISION,
	       "%s: a feature's revision is the one of the device feature list", when);
	is(reg_size(need_feature(BIG, 0)), BIG_SIZE,
	   "%s: a feature's size is the one of the device feature list", when);
	is(bar_offset(need_feature(BIG, 0)), BIG_AT,
	   "%s: a feature's place is the one of the device feature list", when);
}

static int listen_for_uevents(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int size = 1 << 20;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		bail("uevents can be listened to");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

struct seen {
	int fd;
	const char *action;
};

/*
 * Looks at the feature's files the moment the uevent arrives. Ends, with their
 * number, when there is no uevent more for a while; 99 if a file was missing.
 */
static int watch(const void *arg)
{
	const struct seen *seen = arg;
	char want[16], message[4096];
	int n = 0;

	snprintf(want, sizeof(want), "%s@", seen->action);
	while (poll_for(seen->fd, POLLIN, n < BASIC_FEATURES ? PATIENCE / 2 : 1000) > 0) {
		ssize_t size = recv(seen->fd, message, sizeof(message) - 1, 0);
		const char *name;

		if (size < 0)
			return 98;
		message[size] = '\0';
		name = strstr(message, "/dfl_dev.");
		if (strncmp(message, want, strlen(want)) || !name || strchr(name + 1, '/'))
			continue;
		if (!has_file(name + 1, "dflres/owner"))
			return 99;
		n++;
	}
	return n;
}

int main(void)
{
	struct seen seen;
	pid_t watcher;

	unload("uio_dfl");
	unload("dfl-emif");
	unload("dflres");

	card_up("basic");
	ok(!has_file(need_feature(PLAIN, 0), "dflres"), "a feature has no files without the module");
	seen = (struct seen){ listen_for_uevents(), "change" };
	watcher = background(watch, &seen);
	is(load("dflres"), 0, "dflres.ko loads beside a card");
	check_features("card first");
	is(finish(watcher), BASIC_FEATURES,
	   "a change uevent announced the files of each existing feature");
	close(seen.fd);

	seen = (struct seen){ listen_for_uevents(), "add" };
	watcher = background(watch, &seen);
	card_up("basic");
	check_features("module first");
	is(finish(watcher), BASIC_FEATURES,
	   "the files were there when the add uevent of each new feature arrived");
	close(seen.fd);

	is(unload("dflres"), 0, "dflres.ko unloads beside a card");
	ok(!has_file(need_feature(PLAIN, 0), "dflres"), "the files are gone when the module is unloaded");
	is(load("dflres"), 0, "dflres.ko loads a second time");
	check_features("again");
	return done();
}
