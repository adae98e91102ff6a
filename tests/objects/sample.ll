; SPDX-License-Identifier: GPL-2.0-only
; A scheduler with one of each: a program, a sleepable one, a subprogram, a callback, a map, parameters, globals,
; kernel functions strong and weak, CO-RE of a field, an enum value and a type.
source_filename = "sample.scx"
target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%struct.task_struct = type { i32, %struct.sched_ext_entity }
%struct.sched_ext_entity = type { i32, i64 }
%struct.stats = type { i64, i64 }
%struct.list = type { i32, [4 x i32] }
%struct.sched_ext_ops = type { ptr, ptr, i64, i32, [16 x i8] }

@stats = global { ptr, ptr, ptr, ptr } zeroinitializer, section ".maps", align 8, !dbg !50
@slice = constant i64 20000000, section ".rodata", align 8, !dbg !60
@fifo = constant i8 0, section ".rodata", align 1, !dbg !62
@label = constant [8 x i8] c"none\00\00\00\00", section ".rodata", align 1, !dbg !64
@ranks = constant %struct.list { i32 1, [4 x i32] [i32 7, i32 0, i32 0, i32 0] }, section ".rodata", align 4, !dbg !66
@vtime_now = internal global i64 0, align 8, !dbg !68
@bias = global i64 -3, section ".data", align 8, !dbg !69
@_license = global [4 x i8] c"GPL\00", section "license", align 1, !dbg !71
@sample_ops = global %struct.sched_ext_ops { ptr @sample_enqueue, ptr @sample_init, i64 3, i32 5000, [16 x i8] c"sample\00\00\00\00\00\00\00\00\00\00" }, section ".struct_ops.link", align 8, !dbg !73
@.enumerator = private unnamed_addr constant [27 x i8] c"SCX_SLICE_DFL:20000000\00\00\00\00\00"

declare !dbg !20 extern_weak zeroext i1 @scx_bpf_dsq_insert___v2(ptr, i64, i64, i64) section ".ksyms"
declare !dbg !22 i32 @scx_bpf_create_dsq(i64, i32) section ".ksyms"
declare ptr @llvm.preserve.struct.access.index.p0.p0(ptr, i32 immarg, i32 immarg)
declare i64 @llvm.bpf.preserve.enum.value(i32, ptr, i64)
declare i32 @llvm.bpf.preserve.type.info(i32, i64)

define internal i64 @count(i32 %which) noinline nounwind !dbg !30 {
  %key = alloca i32, align 4
  store i32 0, ptr %key, !dbg !31
  %row = call ptr inttoptr (i64 1 to ptr)(ptr @stats, ptr %key), !dbg !31
  %missing = icmp eq ptr %row, null, !dbg !31
  br i1 %missing, label %out, label %found, !dbg !31
found:
  %index = and i32 %which, 1, !dbg !32
  %wide = zext i32 %index to i64, !dbg !32
  %place = getelementptr [2 x i64], ptr %row, i64 0, i64 %wide, !dbg !32
  %old = load i64, ptr %place, !dbg !32
  %new = add i64 %old, 1, !dbg !32
  store i64 %new, ptr %place, !dbg !32
  br label %out, !dbg !32
out:
  ret i64 0, !dbg !33
}

define internal i64 @step(i64 %i, ptr %state) noinline nounwind !dbg !34 {
  %big = alloca [10 x i64], align 8
  call i64 inttoptr (i64 113 to ptr)(ptr %big, i32 80, ptr %state), !dbg !35
  %first = load i64, ptr %big, !dbg !35
  ret i64 %first, !dbg !35
}

define i32 @sample_enqueue(ptr %ctx) nounwind section "struct_ops/sample_enqueue" !dbg !36 {
  %p = load ptr, ptr %ctx, !dbg !37
  %flagp = getelementptr i64, ptr %ctx, i64 1
  %flags = load i64, ptr %flagp, !dbg !37
  %c = call i64 @count(i32 1), !dbg !37
  %known = icmp ne ptr @scx_bpf_dsq_insert___v2, null, !dbg !38
  br i1 %known, label %new, label %done, !dbg !38
new:
  %s = load volatile i64, ptr @slice, !dbg !39
  %default = call i64 @llvm.bpf.preserve.enum.value(i32 0, ptr @.enumerator, i64 1), !dbg !39, !llvm.preserve.access.index !15
  %sum = add i64 %s, %default, !dbg !39
  %scx = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.task_struct) %p, i32 1, i32 1), !dbg !39, !llvm.preserve.access.index !10
  %sp = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.sched_ext_entity) %scx, i32 1, i32 1), !dbg !39, !llvm.preserve.access.index !12
  %have = load i64, ptr %sp, !dbg !39
  %all = add i64 %sum, %have, !dbg !39
  store volatile i64 %all, ptr @vtime_now, !dbg !39
  %ok = call zeroext i1 @scx_bpf_dsq_insert___v2(ptr %p, i64 0, i64 %all, i64 %flags), !dbg !40
  br label %done, !dbg !40
done:
  ret i32 0, !dbg !40
}

define i32 @sample_init(ptr %ctx) nounwind section "struct_ops.s/sample_init" !dbg !41 {
  %state = alloca i64, align 8
  store i64 5, ptr %state, !dbg !42
  %n = call i64 inttoptr (i64 181 to ptr)(i32 3, ptr @step, ptr %state, i64 0), !dbg !42
  %t = call i32 @llvm.bpf.preserve.type.info(i32 1, i64 0), !dbg !42, !llvm.preserve.access.index !10
  %b = load i64, ptr @bias, !dbg !42
  %narrow = trunc i64 %b to i32, !dbg !42
  %with = add i32 %narrow, %t, !dbg !42
  %r = call i32 @scx_bpf_create_dsq(i64 0, i32 %with), !dbg !42
  ret i32 %r, !dbg !42
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2, !3}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1, producer: "test", isOptimized: true, runtimeVersion: 0, emissionKind: FullDebug, globals: !79, splitDebugInlining: false, nameTableKind: None)
!1 = !DIFile(filename: "sample.scx", directory: "/src", source: "scheduler sample\0Afn count() {\0A    if row {\0A        n += 1\0A    }\0A}\0Aon enqueue(p, flags) {\0A    count()\0A    if newer {\0A        q.insert(p,\0A            s)\0A    }\0A}\0Aon init() { queue }\0A")
!2 = !{i32 7, !"Dwarf Version", i32 5}
!3 = !{i32 2, !"Debug Info Version", i32 3}
!4 = !DIBasicType(name: "unsigned long long", size: 64, encoding: DW_ATE_unsigned)
!5 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!6 = !DIBasicType(name: "char", size: 8, encoding: DW_ATE_signed_char)
!7 = !DIBasicType(name: "_Bool", size: 8, encoding: DW_ATE_boolean)
!8 = !DIBasicType(name: "unsigned int", size: 32, encoding: DW_ATE_unsigned)
!9 = !DIBasicType(name: "long long", size: 64, encoding: DW_ATE_signed)
!10 = !DICompositeType(tag: DW_TAG_structure_type, name: "task_struct", file: !1, size: 192, elements: !{!11, !111})
!11 = !DIDerivedType(tag: DW_TAG_member, name: "pid", file: !1, baseType: !5, size: 32, offset: 0)
!111 = !DIDerivedType(tag: DW_TAG_member, name: "scx", file: !1, baseType: !12, size: 128, offset: 64)
!12 = !DICompositeType(tag: DW_TAG_structure_type, name: "sched_ext_entity", file: !1, size: 128, elements: !{!13, !14})
!13 = !DIDerivedType(tag: DW_TAG_member, name: "weight", file: !1, baseType: !8, size: 32, offset: 0)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "slice", file: !1, baseType: !4, size: 64, offset: 64)
!15 = !DICompositeType(tag: DW_TAG_enumeration_type, name: "scx_public_consts", file: !1, baseType: !4, size: 64, elements: !{!16})
!16 = !DIEnumerator(name: "SCX_SLICE_DFL", value: 20000000, isUnsigned: true)
!17 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!18 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !4, size: 64)
!19 = !DISubroutineType(types: !{!7, !17, !4, !4, !4})
!20 = !DISubprogram(name: "scx_bpf_dsq_insert___v2", scope: !1, file: !1, line: 1, type: !19, flags: DIFlagPrototyped, spFlags: DISPFlagOptimized)
!21 = !DISubroutineType(types: !{!5, !4, !5})
!22 = !DISubprogram(name: "scx_bpf_create_dsq", scope: !1, file: !1, line: 1, type: !21, flags: DIFlagPrototyped, spFlags: DISPFlagOptimized)
!23 = !DISubroutineType(types: !{!9, !8})
!24 = !DISubroutineType(types: !{!9, !4, !18})
!25 = !DISubroutineType(types: !{!5, !18})
!30 = distinct !DISubprogram(name: "count", scope: !1, file: !1, line: 2, type: !23, scopeLine: 2, spFlags: DISPFlagLocalToUnit | DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!31 = !DILocation(line: 3, column: 8, scope: !30)
!32 = !DILocation(line: 4, column: 9, scope: !30)
!33 = !DILocation(line: 6, column: 1, scope: !30)
!34 = distinct !DISubprogram(name: "step", scope: !1, file: !1, line: 14, type: !24, scopeLine: 14, spFlags: DISPFlagLocalToUnit | DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!35 = !DILocation(line: 14, column: 13, scope: !34)
!36 = distinct !DISubprogram(name: "sample_enqueue", scope: !1, file: !1, line: 7, type: !25, scopeLine: 7, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!37 = !DILocation(line: 8, column: 5, scope: !36)
!38 = !DILocation(line: 9, column: 8, scope: !36)
!39 = !DILocation(line: 11, column: 13, scope: !36)
!40 = !DILocation(line: 10, column: 9, scope: !36)
!41 = distinct !DISubprogram(name: "sample_init", scope: !1, file: !1, line: 14, type: !25, scopeLine: 14, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
!42 = !DILocation(line: 14, column: 13, scope: !41)
!43 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !25, size: 64)
!44 = !DICompositeType(tag: DW_TAG_structure_type, name: "stats", file: !1, size: 128, elements: !{!45, !46})
!45 = !DIDerivedType(tag: DW_TAG_member, name: "direct", file: !1, baseType: !4, size: 64, offset: 0)
!46 = !DIDerivedType(tag: DW_TAG_member, name: "queued", file: !1, baseType: !4, size: 64, offset: 64)
!47 = !DIDerivedType(tag: DW_TAG_typedef, name: "duration", file: !1, baseType: !4)
!50 = !DIGlobalVariableExpression(var: !51, expr: !DIExpression())
!51 = distinct !DIGlobalVariable(name: "stats", scope: !0, file: !1, line: 1, type: !52, isLocal: false, isDefinition: true)
!52 = !DICompositeType(tag: DW_TAG_structure_type, file: !1, size: 256, elements: !{!53, !54, !55, !56})
!53 = !DIDerivedType(tag: DW_TAG_member, name: "type", file: !1, baseType: !57, size: 64, offset: 0)
!54 = !DIDerivedType(tag: DW_TAG_member, name: "key", file: !1, baseType: !58, size: 64, offset: 64)
!55 = !DIDerivedType(tag: DW_TAG_member, name: "value", file: !1, baseType: !59, size: 64, offset: 128)
!56 = !DIDerivedType(tag: DW_TAG_member, name: "max_entries", file: !1, baseType: !105, size: 64, offset: 192)
!57 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !106, size: 64)
!58 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
!59 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !44, size: 64)
!60 = !DIGlobalVariableExpression(var: !61, expr: !DIExpression())
!61 = distinct !DIGlobalVariable(name: "slice", scope: !0, file: !1, line: 1, type: !47, isLocal: false, isDefinition: true, annotations: !{!{!"btf_decl_tag", !"scxdsl.param:{\22type\22:\22duration\22,\22min\22:100000,\22max\22:1000000000}"}})
!62 = !DIGlobalVariableExpression(var: !63, expr: !DIExpression())
!63 = distinct !DIGlobalVariable(name: "fifo", scope: !0, file: !1, line: 1, type: !7, isLocal: false, isDefinition: true, annotations: !{!{!"btf_decl_tag", !"scxdsl.param:{\22type\22:\22bool\22}"}})
!64 = !DIGlobalVariableExpression(var: !65, expr: !DIExpression())
!65 = distinct !DIGlobalVariable(name: "label", scope: !0, file: !1, line: 1, type: !107, isLocal: false, isDefinition: true, annotations: !{!{!"btf_decl_tag", !"scxdsl.param:{\22type\22:\22str[8]\22}"}})
!66 = !DIGlobalVariableExpression(var: !67, expr: !DIExpression())
!67 = distinct !DIGlobalVariable(name: "ranks", scope: !0, file: !1, line: 1, type: !108, isLocal: false, isDefinition: true, annotations: !{!{!"btf_decl_tag", !"scxdsl.param:{\22type\22:\22[u32; ..4]\22}"}})
!68 = !DIGlobalVariableExpression(var: !70, expr: !DIExpression())
!69 = !DIGlobalVariableExpression(var: !72, expr: !DIExpression())
!70 = distinct !DIGlobalVariable(name: "vtime_now", scope: !0, file: !1, line: 1, type: !4, isLocal: true, isDefinition: true)
!71 = !DIGlobalVariableExpression(var: !74, expr: !DIExpression())
!72 = distinct !DIGlobalVariable(name: "bias", scope: !0, file: !1, line: 1, type: !9, isLocal: false, isDefinition: true)
!73 = !DIGlobalVariableExpression(var: !75, expr: !DIExpression())
!74 = distinct !DIGlobalVariable(name: "_license", scope: !0, file: !1, line: 1, type: !109, isLocal: false, isDefinition: true)
!75 = distinct !DIGlobalVariable(name: "sample_ops", scope: !0, file: !1, line: 1, type: !80, isLocal: false, isDefinition: true)
!79 = !{!50, !60, !62, !64, !66, !68, !69, !71, !73}
!80 = !DICompositeType(tag: DW_TAG_structure_type, name: "sched_ext_ops", file: !1, size: 384, elements: !{!81, !82, !83, !84, !85})
!81 = !DIDerivedType(tag: DW_TAG_member, name: "enqueue", file: !1, baseType: !43, size: 64, offset: 0)
!82 = !DIDerivedType(tag: DW_TAG_member, name: "init", file: !1, baseType: !43, size: 64, offset: 64)
!83 = !DIDerivedType(tag: DW_TAG_member, name: "flags", file: !1, baseType: !4, size: 64, offset: 128)
!84 = !DIDerivedType(tag: DW_TAG_member, name: "timeout_ms", file: !1, baseType: !8, size: 32, offset: 192)
!85 = !DIDerivedType(tag: DW_TAG_member, name: "name", file: !1, baseType: !110, size: 128, offset: 224)
!100 = !{!101}
!101 = !DISubrange(count: 1)
!102 = !{!103}
!103 = !DISubrange(count: 6)
!105 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !112, size: 64)
!106 = !DICompositeType(tag: DW_TAG_array_type, baseType: !5, size: 192, elements: !102)
!107 = !DICompositeType(tag: DW_TAG_array_type, baseType: !6, size: 64, elements: !{!DISubrange(count: 8)})
!108 = !DICompositeType(tag: DW_TAG_structure_type, name: "list", file: !1, size: 160, elements: !{!113, !114})
!109 = !DICompositeType(tag: DW_TAG_array_type, baseType: !6, size: 32, elements: !{!DISubrange(count: 4)})
!110 = !DICompositeType(tag: DW_TAG_array_type, baseType: !6, size: 128, elements: !{!DISubrange(count: 16)})
!112 = !DICompositeType(tag: DW_TAG_array_type, baseType: !5, size: 32, elements: !100)
!113 = !DIDerivedType(tag: DW_TAG_member, name: "len", file: !1, baseType: !8, size: 32, offset: 0)
!114 = !DIDerivedType(tag: DW_TAG_member, name: "items", file: !1, baseType: !115, size: 128, offset: 32)
!115 = !DICompositeType(tag: DW_TAG_array_type, baseType: !8, size: 128, elements: !{!DISubrange(count: 4)})
