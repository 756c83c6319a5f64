// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Count the interrupts of the feature that `dflres exec` passes, as a service of
 * Type=notify, until the claim ends: see systemd/dflres-example.service.
 */
#include <dflres.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Does what sd_notify(3) does; without a service manager it does nothing. */
static void notify(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t length;
	int fd;

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, path);
	length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), 0, (struct sockaddr *)&address,
	       length);
	close(fd);
}

static int count_interrupts(struct dflres_claim *claim, struct dflres_irq *irq)
{
	struct pollfd fds[] = {
		{ .fd = dflres_claim_end_fd(claim), .events = POLLPRI },
		{ .fd = dflres_irq_fd(irq), .events = dflres_irq_events(irq) },
	};
	uint64_t total = 0;

	notify("READY=1");
	while (poll(fds, 2, -1) > 0 && !dflres_claim_check(claim)) {
		char status[64];
		uint64_t count;

		if (dflres_irq_take(irq, &count))
			continue;
		total += count;
		snprintf(status, sizeof(status),
			 "STATUS=interrupts: %" PRIu64, total);
		notify(status);
	}
	return dflres_claim_check(claim);
}

static int serve(int fd)
{
	struct dflres_claim *claim;
	struct dflres_irq *irq;
	int error;

	error = dflres_claim_from_fd(&claim, fd);
	if (error)
		return error;
	error = dflres_irq_open(&irq, claim, 0, 0);
	if (!error) {
		error = count_interrupts(claim, irq);
		dflres_irq_close(irq);
	}
	dflres_claim_close(claim);
	return error;
}

int main(void)
{
	const char *fd = getenv("DFLRES_FD_0");
	int error;

	if (!fd) {
		fprintf(stderr, "Usage: dflres exec --replace FEATURE -- service\n");
		return 2;
	}
	error = serve(atoi(fd));
	fprintf(stderr, "%s\n", strerror(-error));
	return 1;
}
