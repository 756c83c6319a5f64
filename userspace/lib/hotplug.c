// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Features that come and go: the kernel's uevents, for inotify does not work on
 * sysfs. An event is only a hint to look at the bus again: losing one costs
 * nothing, a forged one does no harm.
 */
#include <config.h>

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* The kernel's own messages; udev sends its to another group. */
#define KERNEL_GROUP 1

/* The kernel sends no longer one. */
#define MESSAGE_MAX 8192

struct dflres_hotplug {
	int fd;
};

static bool has_line(const char *message, size_t length, const char *line)
{
	const char *end = message + length;

	for (const char *p = message; p < end; p += strnlen(p, end - p) + 1) {
		if ((size_t)(end - p) > strlen(line) && !strcmp(p, line))
			return true;
	}
	return false;
}

/*
 * "add@/devices/...", "ACTION=add", "SUBSYSTEM=dfl" and others, each with a NUL
 * at its end. The module sends a change for each feature that existed before
 * it. Drivers that come and go are not news: the owner tells.
 */
bool dflres_uevent_is_news(const char *message, size_t length)
{
	return has_line(message, length, "SUBSYSTEM=dfl") &&
	       (has_line(message, length, "ACTION=add") ||
		has_line(message, length, "ACTION=change") ||
		has_line(message, length, "ACTION=remove"));
}

/* 1 if there was a message, 0 if not, or a negative errno. */
static int receive(int fd, bool *news)
{
	struct sockaddr_nl sender = { 0 };
	socklen_t size = sizeof(sender);
	char message[MESSAGE_MAX];
	ssize_t length;

	length = recvfrom(fd, message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC,
			  (struct sockaddr *)&sender, &size);
	if (length < 0 && errno == ENOBUFS) {
		*news = true;
		return 1;
	}
	if (length < 0)
		return errno == EAGAIN ? 0 : -errno;
	/* a process has a number, the kernel has 0 */
	if (sender.nl_pid == 0)
		*news |= (size_t)length > sizeof(message) ||
			 dflres_uevent_is_news(message, length);
	return 1;
}

DFLRES_API int dflres_hotplug_open(struct dflres_hotplug **hotplug)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	struct dflres_hotplug *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	new->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			 NETLINK_KOBJECT_UEVENT);
	if (new->fd < 0 || bind(new->fd, (const struct sockaddr *)&address,
				sizeof(address))) {
		error = -errno;
		dflres_hotplug_close(new);
		return error;
	}
	*hotplug = new;
	return 0;
}

DFLRES_API void dflres_hotplug_close(struct dflres_hotplug *hotplug)
{
	if (!hotplug)
		return;
	dflres_fd_close(hotplug->fd);
	free(hotplug);
}

DFLRES_API int dflres_hotplug_fd(const struct dflres_hotplug *hotplug)
{
	return hotplug->fd;
}

DFLRES_API int dflres_hotplug_read(struct dflres_hotplug *hotplug,
				   bool *changed)
{
	bool news = false;
	int result;

	do
		result = receive(hotplug->fd, &news);
	while (result > 0);
	if (!result)
		*changed = news;
	return result;
}

DFLRES_API int dflres_hotplug_wait(struct dflres_hotplug *hotplug, int timeout)
{
	struct pollfd poll = { .fd = hotplug->fd, .events = POLLIN };
	const int64_t deadline = dflres_deadline(timeout);
	bool changed = false;
	int error;

	do {
		error = dflres_poll(&poll, 1, deadline);
		if (!error)
			error = dflres_hotplug_read(hotplug, &changed);
	} while (!error && !changed);
	return error;
}
