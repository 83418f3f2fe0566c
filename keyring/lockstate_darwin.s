#include "textflag.h"

TEXT getStatusTrampoline<>(SB), NOSPLIT, $0-0
	JMP keyring_SecKeychainGetStatus(SB)

GLOBL ·getStatusAddr(SB), RODATA, $8
DATA ·getStatusAddr(SB)/8, $getStatusTrampoline<>(SB)
