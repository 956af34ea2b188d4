# SPDX-License-Identifier: GPL-2.0-or-later
# Warnings and hardening, each used only where the compiler knows it.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(hostpci_flags INTERFACE)
target_compile_definitions(hostpci_flags INTERFACE _GNU_SOURCE
	HOSTPCI_VERSION="${PROJECT_VERSION}")
target_include_directories(hostpci_flags INTERFACE ${PROJECT_SOURCE_DIR}/lib)
target_compile_options(hostpci_flags INTERFACE -Wall -Wextra -Wconversion -Wsign-conversion
	-Wshadow -Wformat=2 -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes
	-Wpointer-arith -Wcast-qual -Wundef -Wvla -fno-strict-aliasing)

# A row of a table leaves out what it has not: gcc knows that of rows that name their place.
if(CMAKE_C_COMPILER_ID MATCHES Clang)
	target_compile_options(hostpci_flags INTERFACE -Wno-missing-field-initializers)
endif()

if(HOSTPCI_WERROR)
	target_compile_options(hostpci_flags INTERFACE -Werror)
endif()

if(HOSTPCI_SANITIZE)
	target_compile_options(hostpci_flags INTERFACE -fsanitize=address,undefined
		-fno-sanitize-recover=undefined -fno-omit-frame-pointer)
	target_link_options(hostpci_flags INTERFACE -fsanitize=address,undefined)
endif()
if(HOSTPCI_COVERAGE)
	target_compile_options(hostpci_flags INTERFACE --coverage)
	target_link_options(hostpci_flags INTERFACE --coverage)
endif()
if(HOSTPCI_FUZZ)
	target_compile_options(hostpci_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
	target_link_options(hostpci_flags INTERFACE -fsanitize=address,undefined)
endif()

function(hostpci_try_flag flag)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" name)
	check_c_compiler_flag(${flag} ${name})
	if(${name})
		target_compile_options(hostpci_flags INTERFACE ${flag})
	endif()
endfunction()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
hostpci_try_flag(-Wno-format-truncation) # clang has none of it
hostpci_try_flag(-fstack-protector-strong)
hostpci_try_flag(-fstack-clash-protection)
hostpci_try_flag(-fcf-protection)
# What a program does not call stays out of it: a hook is loaded at each start of a machine.
hostpci_try_flag(-ffunction-sections)
hostpci_try_flag(-fdata-sections)
if(NOT HOSTPCI_SANITIZE AND NOT HOSTPCI_FUZZ AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
	target_compile_options(hostpci_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
foreach(flag -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed -Wl,--gc-sections)
	string(MAKE_C_IDENTIFIER "HAVE_LINK${flag}" name)
	check_linker_flag(C ${flag} ${name})
	if(${name})
		target_link_options(hostpci_flags INTERFACE ${flag})
	endif()
endforeach()
