/* SPDX-License-Identifier: ISC */
/* fault: makes system calls fail, or late, on demand, where the machine can't be brought to it. */
#ifndef UNIT_FAULT_H
#define UNIT_FAULT_H

/* A call that fails with `reason` for `times` calls from now on; times < 0: for ever. */
struct fault {
	int reason, times;
	int kind;	/* of bind(): the address's family; of epoll_ctl(): the operation; 0: any */
	int spared;	/* so many of them are let through before */
	unsigned calls; /* of any kind, whether they fail or not */
};

extern struct fault fault_accept; /* accept(2) and accept4(2) */
extern struct fault fault_bind;
extern struct fault fault_epoll; /* epoll_ctl(2) */
extern struct fault fault_memfd; /* memfd_create(2) */
extern struct fault fault_sendfile;

/* What is to happen just before each bind(2); NULL: nothing. */
extern void (*fault_before_bind)(void);

/* What is to happen just before the next unlink(2); NULL: nothing. */
extern void (*fault_before_unlink)(void);

#endif
