// SPDX-License-Identifier: GPL-2.0
/*
 * From the message of an interrupt to the program that waits for it. The message is sent by the processor that it is for, and
 * the program that waits is on the same one and is preferred to all: what is measured is the kernel's way from the vector
 * to the program, without the time in which another processor wakes up.
 */

#include "bench.h"
#include "guest.h"
#include "vector.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SHOTS 51

struct waiter {
	/* Returns when there was an interrupt; false if that failed */
	bool (*wait)(int fd);
	int fd, cpu;
	volatile bool ready;
	volatile unsigned int woken;
	volatile bool last;	/* the next one wakes it for nothing else than to end */
	volatile double when;
};

static bool wait_event(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) && count == 1;
}

static bool wait_count(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLPRI };
	char text[32];

	/* read, then poll: what came before the read is no news */
	if (pread(fd, text, sizeof(text), 0) < 0)
		return false;
	return poll(&pollfd, 1, -1) == 1;
}

/* With SCHED_FIFO on the one processor, it always waits when the thread that sends runs */
static void *waiting(void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct waiter *w = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(w->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || sched_setscheduler(0, SCHED_FIFO, &first))
		bail("a thread goes to processor %d: %s", w->cpu, strerror(errno));
	w->ready = true;
	while (w->wait(w->fd) && !w->last) {
		w->when = now_us();
		w->woken++;
	}
	return NULL;
}

static double shoot(struct vector *v, const struct waiter *w)
{
	unsigned int before = w->woken;
	double start;
	int i;

	/* the vector may go elsewhere with an interrupt: then the thread that waits does not follow */
	if (vector_aim(v) || (int)v->cpu != w->cpu)
		bail("the vector stays open, and on its processor");
	start = now_us();
	vector_send(v);
	for (i = 0; w->woken == before && i < 100000; i++)
		usleep(10);
	if (w->woken != before + 1)
		bail("an interrupt arrives");
	return w->when - start;
}

static void measure(struct samples *s, bool (*wait)(int fd), int fd)
{
	struct samples shots = { .count = 0 };
	struct waiter w = { .wait = wait, .fd = fd };
	struct vector v;
	pthread_t thread;
	int i, err;

	err = vector_open(&v, card_path(), 0) ?: vector_aim(&v);
	if (err)
		bail("the vector can be fired: %s", strerror(-err));
	w.cpu = v.cpu;
	if (pthread_create(&thread, NULL, waiting, &w))
		bail("there is a second thread");
	while (!w.ready)
		usleep(100);
	for (i = 0; i < SHOTS; i++)
		sample(&shots, shoot(&v, &w));
	sample(s, median(&shots));
	w.last = true;
	vector_send(&v);
	pthread_join(thread, NULL);
	vector_close(&v);
}

/* Not new_event(): that one does not block */
static int blocking_event(void)
{
	int event = eventfd(0, EFD_CLOEXEC);

	if (event < 0)
		bail("there is an eventfd");
	return event;
}

static void measure_dflres(struct samples *eventfd_samples, struct samples *poll_samples)
{
	int event = blocking_event(), fd;
	char *feat;

	dflres.begin();
	feat = need_feature(WITH_IRQ, 0);
	if (set_owner(feat, "user") || put_event(feat, "dflres/irq0_eventfd", event))
		bail("the interrupt of %s can be had", feat);
	measure(eventfd_samples, wait_event, event);
	if (put_str(feat, "dflres/irq0_eventfd", "-1"))
		bail("the eventfd can be detached");
	fd = open_file(feat, "dflres/irq0", O_RDONLY);
	measure(poll_samples, wait_count, fd);
	close(fd);
	close(event);
	if (set_owner(feat, "none"))
		bail("%s can be released", feat);
	free(feat);
	dflres.end();
}

static void vfio_attach(int event)
{
	char buf[sizeof(struct vfio_irq_set) + sizeof(int32_t)] = "";
	struct vfio_irq_set *set = (struct vfio_irq_set *)buf;

	*set = (struct vfio_irq_set){
		.argsz = sizeof(buf),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.count = 1,
	};
	memcpy(set->data, &event, sizeof(int32_t));
	if (ioctl(vfio_device, VFIO_DEVICE_SET_IRQS, set))
		bail("vfio-pci attaches an eventfd: %s", strerror(errno));
}

static void measure_vfio(struct samples *s)
{
	int event = blocking_event();

	vfio.begin();
	vfio.from_kernel();
	vfio.take();
	vfio_attach(event);
	measure(s, wait_event, event);
	vfio.to_kernel();
	vfio.end();
	close(event);
}

void measure_interrupt(void)
{
	static struct samples event, poll, peer;
	unsigned int round;

	begin_samples(&event, "interrupt", "dflres, eventfd", "us", 0);
	begin_samples(&poll, "interrupt", "dflres, poll of irqN", "us", 0);
	begin_samples(&peer, "interrupt", "vfio-pci, eventfd", "us", 0);

	for (round = 0; round < rounds(101); round++) {
		if (round % 2)
			measure_vfio(&peer);
		measure_dflres(&event, &poll);
		if (round % 2 == 0)
			measure_vfio(&peer);
	}
	print_samples(&event);
	print_samples(&poll);
	print_samples(&peer);
}
