/** The best-known passwords of eight characters and more, lower case. Runs, repetitions and words with digits are found by rule. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  password password1 password12 password123 passw0rd passwort passwords passport password! password? p@ssw0rd p@ssword p4ssword
  pa55word pa55w0rd pass1234 pass12345 passpass mypassword newpassword oldpassword thepassword yourpassword nopassword
  secretpassword changeme changeme1 changeme123 changemenow changeit changethis letmein1 letmein12 letmein123 letmeinnow
  welcome1 welcome12 welcome123 welcome2 welcomehome admin123 admin1234 admin12345 administrator adminadmin administrador
  root1234 rootroot rootpass toortoor superuser superadmin sysadmin supervisor operator1 guest123 guestguest testtest test1234
  test12345 testing1 testing123 tester123 demo1234 demodemo demo12345 default1 default123 temp1234 temporary temppass
  iloveyou iloveyou1 iloveyou2 iloveyou12 iloveyou123 iloveyou! iloveu12 iloveme1 ilovehim ilovegod ilovemom loveyou1 lovelove
  loveme123 loverboy lovergirl sweetheart sweetie1 princess princess1 princess12 princess123 sunshine sunshine1 sunshine12
  football football1 football12 football123 baseball baseball1 baseball12 basketball basketball1 softball volleyball hockey123
  soccer12 soccer123 superman superman1 superman123 batman123 batman12 spiderman spiderman1 ironman1 starwars starwars1
  startrek pokemon1 pokemon123 pikachu1 dragonball dragonballz dragon12 dragon123 monkey12 monkey123 shadow12 shadow123
  master12 master123 mustang1 mustang123 michael1 michael12 michelle michelle1 jennifer jennifer1 jessica1 jessica123 jordan23
  jordan123 michaeljordan charlie1 charlie12 charlie123 thomas12 thomas123 hunter12 hunter123 george12 daniel12 daniel123
  matthew1 anthony1 andrew12 andrew123 joshua12 joshua123 ashley12 ashley123 amanda12 nicole12 nicole123 natasha1 samantha
  samantha1 samuel12 stephanie stephen1 elizabeth elizabeth1 alexander alexander1 alexandra alexandre alejandro alejandra
  christian christina christine christopher benjamin benjamin1 jonathan jonathan1 nicholas nicholas1 patricia victoria victoria1
  veronica vanessa1 valentina valentine sebastian sebastian1 santiago francisco fernando fernanda gabriela gabriela1 gabriel1
  isabella isabelle danielle danielle1 caroline carolina catherine charlotte charlotte1 cristina claudia1 adriana1 angelina
  angelica angelica1 barbara1 beatrice brittany brittany1 cassandra courtney dominique jasmine1 jacqueline kimberly kimberly1
  madison1 makayla1 margaret mariana1 marie123 melanie1 melissa1 meredith mercedes mercedes1 montana1 olivia123 priscilla
  rebecca1 savannah savannah1 scarlett scooter1 shannon1 sophie123 theresa1 tiffany1 tiffany12 william1 williams wilson123
  computer computer1 computer12 computer123 internet internet1 internet123 security security1 security123 system123 service1
  server123 network1 database oracle123 mysql123 postgres postgres1 windows1 windows10 windows7 microsoft google123 google12
  facebook facebook1 facebook123 twitter1 instagram youtube1 linkedin linkedin1 myspace1 whatsapp samsung1 samsung123 samsung12
  iphone123 android1 blackberry nokia123 motorola playstation playstation2 playstation3 xbox3600 nintendo nintendo1 minecraft
  minecraft1 minecraft123 fortnite fortnite1 robloxroblox callofduty counterstrike warcraft warcraft1 starcraft leagueoflegends
  liverpool liverpool1 liverpoolfc arsenal1 arsenal123 chelsea1 chelsea123 chelseafc manchester manchesterunited manunited
  manutd123 barcelona barcelona1 realmadrid realmadrid1 juventus juventus1 ronaldo7 ronaldo123 cristiano messi123 neymar123
  yankees1 lakers24 lakers123 redsox04 cowboys1 cowboys22 steelers steelers1 packers1 patriots raiders1 eagles123 dolphins
  dolphin1 broncos1 chicago1 chicago23 newyork1 newyork123 newyorkcity california california1 florida1 houston1 dallas123
  virginia washington america1 american1 england1 london123 germany1 deutschland france123 australia australia1 canada123
  brazil123 brasil123 mexico123 argentina argentina1 colombia colombia1 portugal portugal1 indonesia indonesia1 malaysia
  philippines pakistan pakistan1 pakistan123 bangladesh india123 india1234 singapore vietnam1 thailand istanbul galatasaray
  fenerbahce besiktas trabzonspor mohammad mohammed muhammad muhammed abdullah
  butterfly butterfly1 butterfly12 chocolate chocolate1 chocolate12 cupcake1 cookies1 cookie123 cocacola cocacola1 pepsi123
  strawberry strawberry1 blueberry raspberry cherry123 banana123 bananas1 orange123 orange12 pineapple watermelon pumpkin1
  peanut123 cheese123 chicken1 chicken123 hamburger spaghetti snickers skittles marshmallow jellybean jellybeans cinnamon
  snowball snowflake snowboard rainbow1 rainbow123 rainbows raindrop sunflower sunflower1 sunrise1 sunset123 moonlight
  moonlight1 starlight stardust starstar twilight twilight1 midnight midnight1 lightning lightning1 thunder1 thunder123
  thunderbird hurricane diamonds diamond1 diamond123 crystal1 emerald1 sapphire platinum platinum1 goldfish golden123 silver123
  silverado blackcat blackjack blackjack1 blackbird blackman redskins redwings whiteboy bluebird blueeyes bluesky1 greenday
  greenday1 purple12 purple123 elephant elephant1 kangaroo tiger123 tigger12 tigger123 panther1 panthers leopard1 cheetah1
  scorpion scorpion1 scorpio1 squirrel hamster1 penguin1 penguins turtle123 gorilla1 dinosaur unicorn1 unicorns unicorn123
  dragonfly ladybug1 firebird firefire firefly1 fireball fireman1 firefighter blowfish swordfish catdog123 kittycat kitty123
  kitten12 puppy123 puppylove doggy123 doggie12 bulldog1 bulldogs rottweiler chihuahua labrador snoopy12 snoopy123 garfield
  garfield1 mickey12 mickeymouse minnie123 tinkerbell tinkerbell1 cinderella pocahontas spongebob spongebob1 scoobydoo
  scoobydoo1 simpsons bartsimpson homer123 southpark familyguy hellokitty hellokitty1 barbie123 transformers optimus1 megatron
  skywalker darthvader chewbacca yoda1234 hansolo1 jedi1234 matrix123 trinity1 gandalf1 gandalf123 frodo123 lordofrings
  harrypotter harrypotter1 hogwarts hermione voldemort dumbledore slytherin gryffindor nirvana1 metallica metallica1 slipknot
  slipknot1 slipknot666 linkinpark linkinpark1 eminem123 tupac123 rockstar rockstar1 rocknroll rockyou1 guitar123 musicman
  musiclover musica123 music123 metalhead ironmaiden acdcacdc beatles1 beatles123 greatful pinkfloyd pinkfloyd1 blink182
  justinbieber onedirection michaeljackson jamesbond jamesbond007 bond0007 jackass1 jackson5 jackson1 johncena undertaker
  wrestling wrestler maverick maverick1 renegade warrior1 warriors gladiator spartan1 spartans spartan117 vikings1 samurai1
  assassin assassin1 killer12 killer123 killerkiller killjoy1 deathnote deadpool punisher terminator predator destroyer
  dominator phantom1 phoenix1 phoenix123 predator1 stargate stargate1 stingray stealth1 submarine airplane airforce airborne
  army1234 marines1 navyseal military soldier1 sniper123 freedom1 freedom123 liberty1 patriot1 trustno1 trustme1 trustnoone
  whatever whatever1 whatever123 anything nothing1 nothing123 something everything everyone someone1 nobody123 forever1
  forever21 forever123 together always123 remember remember1 forgotten forgetit forgetme nevermind neveragain goodluck
  goodluck1 lucky123 lucky777 luckyone lucky1234 jackpot1 casino123 poker123 gambler1 champion champion1 champions winner12
  winner123 victory1 success1 success123 millionaire moneymoney money123 money1234 mymoney1 cashmoney dollars1 business
  business1 marketing engineer engineer1 manager1 manager123 director president student1 student123 teacher1 teacher123
  school123 highschool college1 university graduate
  abcd1234 abc12345 abc123456 abcd12345 abcde123 abcdef12 abcdef123 abc123abc abc123abc123 a1b2c3d4 a1b2c3d4e5 1a2b3c4d
  1a2b3c4d5e aa123456 aaa12345 a1234567 a12345678 a123456789 a123456a ab123456 asd12345 asd123456 asdf1234 asdfg123 asdfgh12
  asdfgh123 asdf123456 asdasd123 asdqwe123 qwe12345 qwe123456 qwe123qwe qweasd123 qweasdzxc qweasdzxc123 qweqwe123 qwer1234
  qwer12345 qwert123 qwert1234 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty321 qwertyu1 qwertyqwerty
  q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 q1q2q3q4 q12345678 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz1qaz 1qaz2wsx 1qaz2wsx3edc 1qazxsw2
  1qazzaq1 zaq12wsx zaq1xsw2 zaq1zaq1 zaq123wsx !qaz2wsx 1qaz!qaz 1qaz@wsx qazwsx12 qazwsx123 qazwsxedc qazwsxedc123 qazxswedc
  zxcv1234 zxcvbn12 zxcvbn123 zxcvbnm1 zxcvbnm12 zxcvbnm123 zxcasdqwe zxcasdqwe123 zxc12345 qwaszx12 qwaszx123 qwopzxnm
  123qweasd 123qweasdzxc 123qwe123 123456qwe 12345qwe 1234qwer 12345qwert 123456qwerty 12345abc 123456abc 1234abcd 12345abcd
  123abc123 123abc456 321654987 147258369 159357456 159753456 147852369 159263487 741852963 789456123 963852741 951753852
  123654789 123698745 123789456 112233445566 11223344 1122334455 12121212 12341234 123412345 123123123 123123123a 123321123
  12344321 1234554321 123454321 123456654321 12345678a 12345678q 123456789a 123456789q 123456789z 1234567890a 1234567890q
  1234567a 1234567q 12345679 12345670 10203040 1020304050 102030405060 11112222 11111112 12131415 13131313 13579246 1357924680
  135792468 14141414 1478963250 147896325 14789632 147896321 19841984 19851985 19861986 19871987 19881988 19891989 19901990
  19911991 19921992 20002000 20012001 20102010 20202020 20212021 20222022 20232023 20242024 20252025 22446688 24681012 246810121
  2468101214 23232323 25802580 31415926 314159265 31415926535 3141592653 36925814 42424242 45454545 456456456 456789123 55667788
  56565656 65432100 69696969 696969696 77778888 78787878 789789789 85208520 87878787 88888887 98765432 987654321a 99887766
  0987654321q 00112233 01020304 0102030405 01010101 01012000 01011980 01011990 12345612 123456123 123456123456 123456780
  12345678900 1234567891 12345678910 123456789123 123456789abc 123456789qwe 12345678901 12345678912 a1s2d3f4 a1s2d3f4g5
  z1x2c3v4 zaqwsx123 mnbvcxz1 poiuytrewq poiuytre lkjhgfdsa lkjhgfds 0okm9ijn 5tgbnhy6 6yhnmju7 2wsx3edc 3edc4rfv 4rfv5tgb
  correcthorsebatterystaple correct-horse-battery-staple opensesame open-sesame sesame123 letmeinplease iamtheboss iamking1
  hello123 hello1234 hello12345 hellohello helloworld hello-world goodbye1 hey12345 hithere1 holahola bonjour1 bonjour123
  salut123 hallo123 hallo1234 halloballo ciaociao motdepasse azertyui azertyuiop azerty12 azerty123 azerty1234 azerty123456
  soleil123 doudou123 loulou123 chouchou jetaime1 jetaime123 marseille marseille13 contrasena contrasenia teamo123 tequiero
  tequieromucho micontrasena mariposa mariposa1 estrella estrella1 chocolate2 senha123 senha1234 minhasenha brasil10 flamengo
  corinthians palmeiras vascodagama passwort1 passwort12 passwort123 geheim123 geheimnis schatz123 sommer123 winter123 schalke04
  bayern123 borussia dortmund qwertz12 qwertz123 qwertz1234 qwertzui qwertzuiop asdfghjk yxcvbnm1 wachtwoord welkom01 welkom123
  welkom12 geheim01 ajaxajax hejhej123 losenord salasana kissa123 haslo123 haslo1234 polska123 qwerty11 matrix12 misiek12
  parola123 sifre123 sifre1234 jelszo123 heslo123 heslo1234 parool123 privet123 parol123 lozinka1 kennwort kennwort1
  spring12 spring123 spring2023 summer12 summer123 summer2023 summer99 autumn12 autumn123 winter12 winter2023 january1 february
  february1 march123 april123 may12345 june1234 july1234 august12 august123 september september1 october1 october12 november
  november1 december december1 monday12 monday123 tuesday1 wednesday thursday thursday1 friday12 friday13 saturday sunday123
  christmas christmas1 halloween halloween1 birthday birthday1 jesus123 jesuschrist jesusislord jesus777 godisgood godislove
  ilovejesus christ123 blessed1 blessing heaven123 angel123 angels123 devil666 lucifer1 lucifer666 satan666 hell6666
  fuckyou1 fuckyou2 fuckyou123 fuckyou! fuckoff1 fuckoff123 fuckme123 asshole1 asshole123 bitch123 biteme123 bullshit pussy123
  shithead motherfucker sexysexy sexy1234 sexy12345 sexyboy1 sexygirl hotgirl1 hotstuff playboy1 playboy123 bigdaddy bigboy123
  bigtits1 blowjob1 porn1234 penis123 marijuana weed4200 stoner420 smoke420 420420420 corvette corvette1 mustang67 camaro69
  ferrari1 ferrari123 porsche911 porsche1 lamborghini mercedes123 mitsubishi toyota123 honda123 yamaha123 suzuki123 kawasaki
  harley123 harleydavidson chevrolet chevy123 subaru123 nissan123 hyundai1 volkswagen volkswagen1 maserati bentley1 rangerover
  yourmom1 yourmother ihateyou ihateyou1 imissyou lovemyself bestfriend bestfriends friends1 friends123 friendship family123
  family12 myfamily mybaby12 mybabyboy babyboy1 babyboy12 babygirl babygirl1 babygirl12 babygirl123 babydoll babyface daddy123
  daddysgirl mommy123 mother123 father123 brother1 sister123 grandma1 grandpa1 husband1 myspace123 mylove123 mylove12 mynameis
  pa$$word pa$$w0rd p@$$w0rd p@$$word p@55w0rd @dmin123 @dministrator l3tm31n! w3lcome1 w3lc0me! qw3rty12 dr4gon12 m0nkey12
  whitebook whitebook1 whitebook123 white-book white_book whitelabel whitelabel1 white-label customer customer1 customer123
  company1 company123 account1 account123 accounts login123 login1234 loginlogin signin123 user1234 user12345 username
  username1 useruser public123 private1 private123 office123 support1 support123 helpdesk helpdesk1 contact1 example1 example123
  sample123 qwerasdf qwerasdfzxcv asdfjkl1 asdfasdf asdf;lkj jkl;asdf fdsafdsa qwaszx99 wasdwasd wasd1234 zzzzzzz1 xxxxxxx1
  `
    .trim()
    .split(/\s+/),
);

/** Words that stay common with digits and signs around them: `Welcome2024!`. */
export const COMMON_WORDS: ReadonlySet<string> = new Set(
  `
  password passwort passwd pass passphrase secret changeme letmein welcome willkommen bienvenue admin administrator root user guest
  test testing demo default login master qwerty qwertz azerty asdf asdfgh zxcvbn abc abcd abcdef iloveyou love sunshine princess
  football baseball soccer dragon monkey shadow superman batman summer winter spring autumn fall monday friday january february
  march april june july august september october november december hello hallo hola bonjour whitebook whitelabel company office
  support customer account internet computer google facebook samsung liverpool arsenal chelsea barcelona michael jennifer jessica
  jordan hunter charlie freedom whatever trustno starwars pokemon minecraft killer flower cookie summertime
  `
    .trim()
    .split(/\s+/),
);
