/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts fired for real: what the device's message would say is sent as an inter-processor interrupt. The processor that
 * it is for sends it to itself, in one store: the destination would be a register that the kernel uses between any two.
 * Needs virtio-vga (table at the start of BAR 4), iomem=relaxed and nox2apic.
 */

#ifndef VECTOR_H
#define VECTOR_H

#include <stdint.h>

struct vector {
	volatile uint32_t *entry, *apic;
	unsigned int cpu;
	uint8_t number;
};

/* Vector N of the card, whose directory in sysfs this is; a negative errno if its table or the APIC cannot be mapped */
int vector_open(struct vector *v, const char *card, unsigned int n);
void vector_close(struct vector *v);

/* Moves the thread to the processor that the vector is for, v->cpu from then on; -EAGAIN while the vector is masked */
int vector_aim(struct vector *v);
/* Sends it where it was aimed at. Returns when the processor has taken it, so that no two become one */
void vector_send(struct vector *v);

#endif
