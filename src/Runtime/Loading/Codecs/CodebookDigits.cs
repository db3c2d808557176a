namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// The grids of the codebook formats, which are constants of GGUF: numbers that were searched for once and follow no formula. A character is
/// four values in base 3, or two in base 8, first value in the highest digit, counted from '#'; line ends mean nothing.
/// </summary>
internal static class CodebookDigits
{
    /// <summary>256 entries of eight values of 8, 25, 43.</summary>
    public const string Iq2Xxs = """
        ##Y#G#5#k#A#/#)#_#;#q#?#-#'#9#E#3#%#[#m#a#>>,>&>J>$>.>:>#YYY_Y[Y>,,,&,D,2,$,Z,6,*,@,.,(,4,#GYG5G)GcGWG%GCGPb&b$b.b4b#5G555/5;5?5
        -5'5]575,P$PYk/k>&,&&&D&$&*&.&(&L&#A5A)A'AoA%A2\H\#/5/)/M/Q/%/8J`J#eee>8,8&8$8@8#SGS+SBn#)Y)k)-)E)%)[)VD6D#_Y_>2,2&2$2f2#M?M3M(h
        5;);1;-q>$,$&$8$D$2$$$6$f$*$@$.$($#?)?E?%?I?>Z&Z6ZfZ<Z#-5-)-%-U-\H2H#c>6,6&6$6H6#Q9QEQ[QHl(l#'5'A'S')'%'7',BZB4BC](0^0kK>f0f#9A9
        S939$T5o,*&*$*<*#EKE8`*`#3G3&N\N.NZ<#%Y%k%?%[%,@8@$@A[>.,.&.J.$.*.#IcI1IPd$d*dY7,RAm,(&(2($(F(eC%CH^#1_1-1BL@:)UY+'+I+PF#a84'=,X
        """;

    /// <summary>512 entries of eight values of 8, 25, 43.</summary>
    public const string Iq2Xs = """
        ##Y#G#5#k#A#/#e#S#)#_#M#;#?#-#c#Q#'#]#K#9#E#3#%#[#I#7#C#1#U#+#>>,>b>P>&>\>J>8>n>D>2>$>Z>H>6>B>0>*><>@>.>(>#YYYGY5YAY/Y)Y?Y-Y'YKY
        %YmY>,,,b,P,&,\,J,8,D,2,$,Z,H,6,B,0,f,*,@,.,(,#GYGGG5GAG/G)G?G-G'GEG%G>b,b&bhb$bZb.b#5Y5G555k5A5/5)5M5?5-5'595%5+5s5>P,P&P$P@PRP
        #k)k;kgk+k>&,&b&P&&&\&J&8&D&2&$&Z&H&6&B&0&*&r&@&.&(&#AYAGA5AAA/A)A?A-A'A%A1AgA>\,\b\&\$\*\#/Y/G/5/A///)/?/-/Q/'/3/%/>J,J&J$J#e/e
        Qe>8,8&8\8$808d8#SGSiSBnXn#)Y)G)5)k)A)/)))?)-)')%)+)>D,D&D$D6DND#___%_=_>2,2&2V2$2#M?M]MUM>hnhjh#;5;k;);K;7;a;<V(V5q)q[q7qmq>$,$
        b$P$&$\$J$8$D$2$$$Z$H$6$l$B$0$*$N$@$.$($#?Y?G?5?A?/?)???-?'?%?I?a?>Z,Z&Z\ZVZ$Z#-Y-G-5-A-/-S-)-?---'-%-1->H,H&H2H$HpH#ckc-c'c>6,6
        &6$6H606`6#QAQ-Q'QWQ,l#'Y'G'5'A'/')';'?'-'''%'>B,B&BJB$BZB#]-]s]>0,0&0D0$0*0@0F0#K5K%K7KDf<fFf#9/9?9'9U9nT$TZTIo>*,*&*$*0*`*d*X*
        #E2`l`^`#3e3&N$NHN4N><r<MWbr0r`r#%Y%G%5%A%/%)%q%?%-%'%%%[%=%s%>@,@b@&@$@B@T@#[)[%[[[+[=[>.,.&.\.J.$.*.R.#I-IOI8drd#757M7o7%7[7=7
        bR_m%m7mgm=m>(,(&($(f(.(#C_C3Cf^R^#1G1-1'191VL(L^L?gB:j:QUJp*p#+Y+5+k+)+q+++BFTFjF#aYa5aqa%a+a$4L4Nj:jk=)=_=;=+===,X.XdX;sqsCsss
        """;

    /// <summary>1024 entries of eight values of 8, 25, 43.</summary>
    public const string Iq2S = """
        ##Y#G#5#k#A#/#e#S#)#_#M#;#?#-#c#Q#'#]#K#9#E#3#i#W#%#[#I#7#C#1#+#O#s#>>,>b>P>&>\>J>8>D>2>$>Z>H>6>B>0>f>T>*>N><>@>.>(>^>L>F>4>#YYY
        GY5YAY/Y)YqY?Y-YcYQY'YKY%YIYmY1YaY>,,,b,P,&,\,J,8,D,2,h,V,$,Z,H,6,l,B,0,f,T,*,`,N,@,.,d,R,(,L,:,F,4,#GYGGG5GkGAG/GeGSG)GMG;G?G-G
        cGQG'G]GKG9GEG3G%G[GIG7GCG1G+G>b,bbbPb&bJb$bHb6bBb0b*b@b.b(b#5Y5G555A5/5e5S5)5M5q5?5-5c5Q5'5]5K595E535%5I515s5>P,P&P\PJP8PDP$PHP
        6PBP0P*P@P(P#kAk/k_k;kqk'kUk>&,&b&P&&&\&J&8&D&2&h&$&Z&H&6&B&0&f&T&*&`&N&<&@&.&d&(&L&:&F&4&#AYAGA5AkAAA/AeASA)A_AMA;A?A-AcAQA'A]A
        KA9AEA3A%A[AIA7ACA1A>\,\P\&\J\D\2\$\H\B\0\@\.\(\#/Y/G/5/A///e/S/)/M/;/?/-/c/Q/'/]/K/9/E/3/%/[/I/7/C/1/+/>J,JbJPJ&J\JJJ8JDJ2J$JZJ
        HJ6JBJ0J*J@J.J(J#eGe5eAe/e)e?e-e'e%ese>8,8b8P8&8J888D8$8Z8H868B808*8@8.8#SYSGS5SAS/S)S?S-S'SWSaS,n&n$nfn#)Y)G)5)A)/)e)S)))M)q)?)
        -)')])K)3)%)m)1)s)>D,D&D\DJDDD$DZDHDBD0D*D@D.D(D#_k___;_q_-_'_7_m_=_>2,2b2P2&2J282D222$2Z2H262B202*2@2.2(2#MGM5MAM/M)M?M-M'MiM%M
        >h,h&h$hTh#;G;A;/;?;-;';m;s;>V,V&VLVkq_q3q7qmq>$,$b$P$&$\$J$8$n$D$2$h$$$Z$H$6$l$B$0$f$T$*$`$N$@$.$($L$:$F$4$#?Y?G?5?A?/?e?S?)?_?
        M???-?c?Q?'?]?K?9?E?3?%?[?I?7?C?1?+?>Z,Z&Z\ZJZ8Z2Z$ZHZ6ZBZ0Z*Z@Z.Z#-Y-G-5-k-A-/-e-S-)-_-M-;-?---c-Q-'-]-K-9-E-3-%-[-I-7-C-1-+->H
        ,HbHPH&H\HJH8HDH2H$HZHHH6HBH0H*HrH@H.H(H#cYcGc5cAc/c)c?c-c'c%cOc>6,6P6&6\6J686D626$6Z6H666B606*6.6(6#QYQGQ5QAQ/Q)Q?Q-Q'Q%QgQ>l,l
        &l$l#'Y'G'5'A'/'e'S')'_'M';'?'-'c'Q''']'K'9'E'3'%'['I'7'C'1'>B,BbBPB&B\BJB8BDB2B$BZBHB6BBB0B*B@B.B(B#]G]5]A]/])]?]-]']W]%]>0,0b0
        P0&0\0J080D020$0Z0H060B000*0@0.0(0#KYKGK5KAK/K)K?K-K'K%K>f,f&fhf$f#9Y9G959A9/9)9?9-9'9o9%9>T,T&T$T#oSoIo=o>*,*b*&*\*J*8*D*2*$*H*
        6*B*0***.*(*#EYEGE5EAE/E)E?E-E'E%EUE,`&`$`f`F`#3G353A3/3)3?3-3'3%3>N,N&N$NlN<N^N#i1i><,<&<N<:<#WqWZrFr#%Y%G%5%A%/%S%)%M%?%-%'%]%
        K%9%E%%%I%C%1%>@,@P@&@\@J@8@D@2@$@Z@H@6@B@0@@@.@(@X@#[G[k[A[/[?[-['[>.,.b.P.&.\.J.8.D.$.Z.H.6.B.0.*.@...(.#IYIGI5IAI/I)I?I-I'I%I
        mI>d,d&dVd$d#7G7A7/7?7-7'7a7>R,R$RNR_m9mom[mam>(,(P(&(\(J(8(2($(Z(H(6(B(0(*(@(.(((#CGCAC/C?C-C'CoC>^,^&^$^j^#1Y1G151A1/1)1?1-1'1
        %1g1>L,L&L$L:LFL#gcg3g>:,:&:h:$:X:#UQU]U(p#+G+k+/+_+q+?+-+'+a+s+$FNFYaka_a;aqa[a7ama=a>4,4&4$4R444#OSOBjk=;=a=0XdX5sks)s_s;s7sss
        """;

    /// <summary>256 entries of four values of 4, 12, 20, 28, 36, 44, 52, 62.</summary>
    public const string Iq3Xxs = """
        ##3#C#,#<#\#%#5#.#7#B#R#++;+$+4+-+M+&+6+/+H+*+#333C3,3%353.3>3^303`3R3+;[;$;4;M;*;<C^CGC`CBCRC+K[K6K8KNSIS$[D[T[?[1[+$;$$$4$-$=$
        &$6$F$_$($#,3,,,%,5,+4;4$444-4&4:4#<3<%<.<W<Y<+DKD(D%LELWL2LKT5\'\#%3%,%<%%%5%U%.%7%+-;-K-$-4---&-A-a-*-#535,5\5%555^5'5P5+=$=D=
        *=J=NE@E;M]M/MJM+];]T]O]+&$&4&-&=&(&Q&:&#.3.%...G.W.+6;6$6M686:6,>>>&F_F:F#NSN5NPNDVVVAV>^)^C'\'N'^'@'`'J/%7^7'7)7Y7[?O?CG0GIGMO
        ?O*OK_$_4_&_4(/(*(#0S0U0P0D868:83@@@$H=H]H:H3P.P(XE`7`E)G)W)I)-111\9I9&AVAGIKQ8Q>Y;a-a;*K*[*$*6*8*U2'24:O:8:#BLB>B)B-J/J#R3RER&Z
        """;

    /// <summary>512 entries of four odd values of 1 to 15.</summary>
    public const string Iq3S = """
        ##+#3#K#[#$#,#4#D#T#%#-#M#>#'#7#O#_#0#@#)#9#2#J#b##+++3+C+$+,+L+%+=+]+.+N+G+1+Q+:+#3+3K3[3$3<3T3-3M3&3F373O3_303@3*3B3;;,;L;%;5;
        .;>;V;G;(;8;a;2;R;#C<C\C-CEC6C'C?C0C*C3KCK%K5KUK>K/KOK_KYKBKSS,S<S.S8S2S#[3[C[%[5[U[>[([H[#$+$3$C$$$,$<$L$\$%$5$.$F$V$H$X$1$:$#,
        +,;,S,$,D,-,&,>,/,(,8,*,Z,#444L4\4%4E464'4?4P4)4:4+<C<[<$<<<-<]<&<F</<9<*<;DKD4DDD.D>D7DWD(DHD+L$L<L-L&L6L0L%TET]TGTWT+\;\$\4\-\
        N\/\9\*\#%+%;%K%[%$%4%D%T%-%=%]%&%6%/%?%O%(%8%a%*%B%R%#-3-$-<-\-5-M-.-F-7-0-+5C5[5-5=5&5^5/5@5`525J5#=3=K=,=5=E=.=>=7=(=Y=+E[E%E
        =E6ENE/E:ERECM,M5M^M'M@M*M#U3U[U-UPU1UK],]U]&]?](]3&,&<&L&\&5&.&>&N&7&G&_&0&A&2&+.;.K.D.-.=.'.).:.Z.#646%666F6(6+>$>D>->=>]>&>/>
        ?>_>P>B>;F,FTF5F.F8F)FIF+N$N4NMN6NGNXNBNTV/V+^;^%^5^N^#'C'4'%'E']'6'/'('*'3/[/,/</5/&/N/?/0/P/+7;7$7L7-7>7'7`797*7C?,?<?%?5?.?N?
        #G3GEG^G'G2GKO[O-O9O<WFW)W$_L_&_?_0_3($(D(5('(G(_(8(Y(J(+0;0K040-060:0#8,8=8&8V8@83@[@$@]@G@0@Q@B@+HCH%H6HWH4PUP0P@P7X3`C`5`,)<)
        L).)>)))#1%1]1I149F979P999*9#ADA-A'AMI?I9I#Q;QFQ)QKY'Y,a<a#*C*[*%*5*V*'*H*9*32,2E2?2O2+:C:$:T:-:&:0:3B6BNB@B+JKJ<J%J(J5R7R3Z.Z#b
        """;

    /// <summary>2048 entries of eight values of -1, 0, 1.</summary>
    public const string Iq1S = """
        ##Y#G#5#k#A#J#)#_#;#q#H#B#0#f#N#%#[#7#m#L#+#a#=#s#,>G>A>/>e>S>n>M>?>c>Q>]>K>o>E>3>i><>I>C>1>g>O>#YYY5YkYJY)Y_Y;YqYHYBYTY3YWY%Y[Y
        7YmYCYLYUY+YaY=YsYA,/,e,M,?,Q,K,o,3,N,C,U,O,>G,GGGbGJG8GnGVG$GHGlG'GBG0GKGfGTG*G`GNG<GrG@GCGLG:GpGFG4GOGjGXG/bSb?b-b'b]bKb9b*bEb
        ibWbIbCb1bUb#5Y555k5J5)5_5;5q5H5B5f5N5%5[575m5L5+5a5=5s5GPAP/PSP2PMP?P'PBPKPEP3PWPCP1PgPUPOP#kYk5kkkJk)k_k;kqkHkBkTkEkNk%k[kIk7k
        mkLk+kak=ksk&&A&/&S&2&M&?&-&'&K&9&E&3&N&W&C&1&g&F&O&>A,AbAPA&A\AJA8ADA2AVAHAlA'ABA]A0AKAfATA*ANA.A^ALAFA4AA\/\e\M\$\c\Q\]\K\9\o\
        3\i\I\C\1\g\O\>/b/P///J/8/S/D/h/?/H/c/6/l/B/0/K/f/T/`/N/</./R/(/1/L/:/U/p/F/4/O/X/YJGJkJAJ/JJJeJSJ)J_JMJ;JqJ?J-JHJcJBJ]J0JKJfJTJ
        oJEJ3JNJiJWJ%J[J.JIJ7JmJ(JCJ1JLJgJUJpJ+JaJOJ>e,eGebeJeee8eneDehe$eZe-eHe6eleBeKefe9eTeEe3eNe<eWeredeme^eLe4eXeA8e8M8?8-8c8Q8'8K8
        98o8*8E838i8W8I8C818O8&S\SJSnSDSMSZS-SHS6SBS0SKSfSTSoS*SNSrSRSCS^SLS:SFSjSXSPnen2nhn-ncnQn'n]nKn9nEninWnInCngnpn#)Y)5)k)J)))_)M)
        ;)q)H)B)T)E)N)%)[)7)m)L)+)a)O)=)s)GDAD/DSDMDZD-DQDKD9DoDED3DNDiDID(DgDUDOD>_5_k_A_J_)___;_q_H_B_f_T_N_@_7_m_C_L_+_a_=_s_G2/2e2S2
        M2-2H2c2Q2]2K292o2i2I2C212U2F2O2PMJMDMVM$MHM6MBM0MKMTM`MNM<MRM(M1MLM:MpMFM4MjMXMGh&h\hShMh?hQhKh*hEhWh.hdh(hph#;Y;5;k;J;);_;;;q;
        H;B;0;N;%;[;7;m;+;a;=;s;PVAV/VSVMVcVQV]VKVEV3ViVWVIV(VgVUV4VOV#qYq5qkq)q_q;qqqHqBqfqTqNq%q[q7qmqLq+qaq=qsqG$A$e$M$Q$]$K$9$o$E$3$
        i$1$U$F$j$#?>?,?b?P?\?J?e?8?n?D?h?V?H?6?l?B?0?K?f?T?o?N?<?r?@?.?d?(?^?L?+?F?a?GZAZ/ZeZMZ?Z]ZKZoZ3ZWZRZ1ZOZ>-J-S-V-H-6-l-B-0-K-f-
        E-`-N-<-r-@-d-R-(-^-L-+-F-X->HYHGHkHAH/HJHeHSH)HMHqH?H-HHHcHQH'HBH0HKHfH9HTHEH3HNHiHWH[H.HIH7HCH1HLHgHUHpHOH=HsH>cGcPc/cJc8cncDc
        2cVc$cZcHc6c'cBc]cKcfcTc`cNc<c@cIcmc1cLcFc4cjcG6A6J6n6M6Z6Q6'6K696E636i6W6I6C616g6U6O6>QGQbQkQ&Q/QJQ8QDQ2QhQ$QHQlQBQ]Q0QKQfQTQ*Q
        `QNQiQrQdQRQ^QLQgQ:QFQ4QjQXQel-lclQlKl9lol3lWl1lOl>','G'b'P'\'J'n'D'2'V'$'H'6'B'0'K'f'T'N'<'d'R'L':'+'F'j'X'GB5BPBkBAB/BJBeB8BSB
        )BMBhB;BqB?B-BHBcBQB'BBB]B0BKBfB9BTBoBEB3BNBiBWB[BIBCB1BLBgBUB+BOBsB>]b]\]J]n]D]2]Z]H]l]B]0]K]f]T]`]N]I](]^]L]U]p]4],0G0A0/0J0e0
        80S0D0M0;0q0?0-0H0c0Q0l0'0B000K0f090T0o0E0`030N0i0W0%070m0C010L0g0U0F040O0s0>KYK,KGKbKPK&KAK\K/KJKeKSKnKDK2KMKhKVK$K?KZK-KHKcK6K
        QK'KBK]K0KKKfK9KTKoK*KEK3KNKiK<KWKrK@K.KIKRKmK(KCK1KLKgK:KUKFK4KOKjKXK#f>fYf,fbf5fPfAf/fJf8fSf)fDf_f2fMfhf;fVf?fHfcf6fQflf'fBf]f
        0fKfff9fTfofEf3fNfWf[fIfdf7fRfmfCfLfpfafOfjf=fXf,9G9b9P9&9J989D9q9H969l9B909K9f999T9*9`939N9[9R9(9^9L9:9F9X9>TYTGTkTAT/TJTeTSTMT
        ?T-THTcTQT'TBT]T0TKTfT9TTToTET3TNTiTWT@TITRTCT1TLTgT:TUTOT,o5oJono)oMohoVoHo6oQoBoKofo9oTo`oNo<oro@omo^oLogo:opoFoG*/*e*S*M*-*'*
        K*f*9*o*E*3*i*W*@*g*O*>E,EbEPE\EJEDE_EhEVEHEQEBEKEfETENEiErE.EmE^ELEFEjEXEA`e`S`$`?`c`K`f`9`*`I`C`g`O`A3\3J3e3n3D3h3V3$3Z3H363l3
        B303K3f3T3o3*3`3N3.3I3R3(3^313L3g3:3p3F343X3GN5NkNANJNeNSN-NHNcNQN'NBN0NKNfNTNEN3NNNiNWNdNRNmNCNLNgNUNpNaNONjN=NYiPiJi)ihi;iVi$i
        Hi6iliBi0iKifi9ioi*iNi<i%i[iIimi1igi:iUi+i4ijisie<S<M<?<]<K<o<E<W<I<C<:<j<>W,W&WJWDW2WhWVW$W?WHWcW6WBW0WKWfWTW*WNWrW[W.WmWLWFW4W
        OWXWArer8r?r-rQr'rKr9ror3rNrWrdr1r:rprjr#%Y%5%k%)%_%;%q%H%'%B%0%f%T%N%%%[%7%m%L%+%a%=%s%G@A@/@e@S@M@?@-@Q@'@]@K@f@9@T@3@i@W@I@R@
        1@g@U@O@#[Y[5[k[J[)[_[;[q[B[0[T[N[%[[[7[m[L[+[a[=[s[/.S.?.-.B.K.o.E.3.W.1.U.>IPI\IJInIhIVI$I?IHI6IBI0IKIfITIoINIiI<IrI@I.IdIRI(I
        ^ILI:IjIAdedSdMd?d-dQdld'dKdTdodEdidrdIdCdpd4d#7Y757k7J7)7_7;7q7?7H7B707T7N7W7%7[777m7L7+7a7=7s7GRbRAR/ReRMR?R-RcRQR'R]RKRoRER3R
        IRgRUROR#mYm5mkmJm)m_m;mqmHmBm0mfm%m[m7mmmLm+mam=msmG(A(e(8(S(M(?(c(Q(K(9(o(W(r(I(C(1(g(U(O(>C,CbCPC&CJC8CnCDC2ChCVC$CHC'CBC0CKC
        fCTC`CNC.CdC^CLC:CFC4CjCXCG^A^/^S^M^-^c^Q^'^]^K^9^i^W^I^1^g^X^>1,1b1&1J181h1$1l1B101K1f191T1*1E1`1N1.1d1^111L1:1F1X1#LGL5LkL&LAL
        /LJLeLSLDLMLVLqL?L-LHLcLQL'LBL]L0LKLfL9LTLoLEL3LNLiLWL@LIL7LCL^L1LLLgLULpL+LaLOL=LsL>g,g&gJgSg)ghgVgHg6gQgBg]gKgfgTgNg<g[g.gRgmg
        ^g1gLg4gjgXgG:e:S:M:?:c:':]:K:f:o:3:N:I:C:g:U:O:,UbUPU&U\UJU8UnU)UDU2UhU$UZUHU6UlUBU0UKUfUTU`UNUiUrU@U.U(U^ULUpUFUjUGpJpMp-pcpQp
        'pKp9pEpIpCp1pLpgp#+Y+5+k+J+)+_+;+q+H+B+0+f+T+%+[+7+m+L+++a+=+s+GFPFAF/FeFSFnFcFQFBFKF9FoFEF3FIF(F^FgFUFYa5aka&aSa_a;aqaHaBafaTa
        Na%a[a7amaLa+aaa=asaS4M4?4-4'404K494o4E4N4i4<4W4I4bOPO&O\OJO8OhOVOZOHOBO0OKOfOTONOrO@O.OIOdORO^OLO:OGjAjejnjDjMj-jcjlj]jKjfj9j*j
        `jdj(jLjgjUjFj4jjj#=Y=5=k=)=_=;=q=B=0=f=T=%=[=7=m=L=+=a===s=GX/XSXDXMX?X'XKXoXEXiXWX(XgX#sYs5sks)s_s;sqsBs0sfs%s[s7smsLs+sas=sss
        """;
}
