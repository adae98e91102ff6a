; SPDX-License-Identifier: GPL-2.0-only
; Three tracing programs: one that is sound, and two that the verifier refuses, at lines that the metadata names.
target triple = "bpf"

@_license = global [4 x i8] c"GPL\00", section "license"

define i32 @sound(ptr %ctx) section "raw_tp" !dbg !10 {
  ret i32 0, !dbg !11
}

define i32 @wild(ptr %ctx) section "raw_tp" !dbg !20 {
  %number = load volatile i64, ptr %ctx, !dbg !21
  %address = inttoptr i64 %number to ptr, !dbg !22
  %value = load volatile i32, ptr %address, !dbg !22
  ret i32 %value, !dbg !23
}

define i32 @beyond(ptr %ctx) section "raw_tp" !dbg !30 {
  %far = getelementptr i8, ptr %ctx, i64 4096, !dbg !31
  %value = load volatile i64, ptr %far, !dbg !31
  %result = trunc i64 %value to i32, !dbg !32
  ret i32 %result, !dbg !32
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2, !3}
!0 = distinct !DICompileUnit(language: DW_LANG_C, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "refused.scx", directory: "", source: "line 1\0Aline 2\0Aline 3\0Aline 4\0Aline 5\0Aline 6\0Aline 7\0A")
!2 = !{i32 2, !"Dwarf Version", i32 5}
!3 = !{i32 2, !"Debug Info Version", i32 3}
!4 = !DISubroutineType(types: !{!5, !6})
!5 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!6 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
!7 = !DIBasicType(name: "unsigned long", size: 64, encoding: DW_ATE_unsigned)
!10 = distinct !DISubprogram(name: "sound", file: !1, line: 1, type: !4, unit: !0, spFlags: DISPFlagDefinition, retainedNodes: !{!19})
!19 = !DILocalVariable(name: "ctx", arg: 1, scope: !10, file: !1, type: !6)
!11 = !DILocation(line: 1, column: 3, scope: !10)
!20 = distinct !DISubprogram(name: "wild", file: !1, line: 2, type: !4, unit: !0, spFlags: DISPFlagDefinition, retainedNodes: !{!29})
!29 = !DILocalVariable(name: "ctx", arg: 1, scope: !20, file: !1, type: !6)
!21 = !DILocation(line: 3, column: 5, scope: !20)
!22 = !DILocation(line: 4, column: 9, scope: !20)
!23 = !DILocation(line: 5, column: 2, scope: !20)
!30 = distinct !DISubprogram(name: "beyond", file: !1, line: 6, type: !4, unit: !0, spFlags: DISPFlagDefinition, retainedNodes: !{!39})
!39 = !DILocalVariable(name: "ctx", arg: 1, scope: !30, file: !1, type: !6)
!31 = !DILocation(line: 6, column: 7, scope: !30)
!32 = !DILocation(line: 7, column: 2, scope: !30)
