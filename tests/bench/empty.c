/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What any C program costs. */
int main(void)
{
	return 0;
}
