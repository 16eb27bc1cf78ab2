"""What can be said at the café: the grammar (JSGF) that the recogniser searches. What it means is in phrasebook.py."""

GRAMMAR = """#JSGF V1.0;
grammar cafe;
public <turn> = [<opening>] <wish> [<closing>] | <when> [<closing>] | <opening> [<closing>] | <bye>;
<opening> = <hello> | <yes> | <no>;
<closing> = please | thanks | thank you;
<hello> = hello | hi | good (morning | afternoon | evening);
<yes> = yes | yeah | yep | sure | okay | correct | (yes | yeah) that's (right | correct) | that's (right | correct);
<no> = no | nope | no that's (wrong | not right) | that's (wrong | not right);
<bye> = [thanks | thank you] (goodbye | bye | bye bye) | thanks | thank you [very much];

<wish> = <order> | <change> | <remove> | <cancel> | <basket> | <done> | <book>
       | <hours> | <address> | <menu> | <price> | <repeat> | <help> | <person>;

<may> = can i | could i | may i;
<want> = i'd like | i would like | i want;
<have> = <may> (get | have | order) | <want> [to (order | have | get)] | (i'll | i will) (have | take)
       | get me | give me | make me | brew | let me (get | have);
<order> = [<have>] <coffee> | [<have>] <other>;
<coffee> = [a | an] [<traits>] <brew> [<with>];
<traits> = <size> [<roast> [<shots>] | <shots> [<roast>]] | <roast> [<size> [<shots>] | <shots> [<size>]]
         | <shots> [<size> [<roast>] | <roast> [<size>]];
<with> = with (<some_milk> [and <some_sugar>] | <some_sugar> [and <some_milk>]) | with no <white> | without <white>;
<some_milk> = [<amount>] <milk>;
<some_sugar> = [<amount>] <sugar> | one sugar | (two | three) sugars;
<white> = milk | cream | sugar;
<size> = small | medium | large | (eight | twelve | sixteen | twenty) ounce;
<roast> = (light | medium | dark) roast;
<shots> = (single | double | triple) shot;
<brew> = americano | cappuccino | espresso | [iced] mocha | latte | [drip | house | iced] coffee;
<amount> = a bit of | a little bit of | some | a lot of | lots of;
<milk> = [skim | whole | soy | almond | oat] milk | cream;
<sugar> = [brown] sugar | sweetener;
<other> = ([a | an | some] [small | medium | large] <plain> | (a | some) tea) [<with>];
<plain> = (black | green | mint | camomile) tea | hot chocolate | lemonade | apple juice
        | [butter] croissant | cheese sandwich | tomato soup | carrot cake;
<drink> = <brew> | <plain> | tea;

<change> = [<make>] [a | an] (<size> | <roast> | <shots>) [one] [instead] | <make> [a | an] [<traits>] <drink> [instead]
         | [<make>] <with> [instead] | (<some_milk> | <some_sugar>) instead | no <white>;
<make> = [can you | could you] (make it | make that | change (it | that) to);
<remove> = (cancel | remove | take off) (the | my) <drink> | take (it | that | the <drink>) off
         | (cancel | remove) (that | it);
<cancel> = cancel (my | the) order | cancel everything | forget (it | the order) | never mind;
<basket> = what (have i ordered | did i order | is my order | is in my order) | what's (my order | in my order)
         | [can you | could you] (read my order [back] | read back my order | repeat my order);
<done> = (that's | that is | that'll be | that will be) (all | it | everything | my order) | nothing else | i'm done;

<book> = ([<may> | <want> to] (book | reserve) a table | [<want> | <may> (have | get)] a table
       | [<may> | <want> to] make a reservation) [<places>];
<places> = <place> [<place> [<place>]];
<place> = for <people> | <day> | at <time>;
<when> = [for] <people> | [at] <time> | <day> [at <time>];
<people> = (one | two | three | four | five | six | seven | eight | nine | ten) [people | of us] | one person;
<time> = (<hour> [o'clock | thirty | fifteen | forty five] | (half past | quarter past | quarter to) <hour>) [<half>]
       | noon;
<half> = a.m. | p.m. | in the morning | in the afternoon | in the evening;
<hour> = one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve;
<day> = today | tonight | tomorrow | [on] <weekday>;
<weekday> = monday | tuesday | wednesday | thursday | friday | saturday | sunday;

<lead> = what is | what's | what are | tell me | give me | (can | could) you tell me | <want> to know;
<hours> = [<lead>] ([your | the] opening (hours | times) | your hours)
        | (when (are you open | do you open | do you close) | are you open | what time do you (open | close)
           | how long are you open) [<day> | at the weekend];
<address> = [<lead>] [your | the] address | where are you [located] | where is the (cafe | shop)
          | how do i (get there | find you);
<menu> = [<lead>] ([your | the] menu | (your | the) prices) | (what is | what's) on (your | the) menu
       | [can you] read [me] (the | your) menu
       | what do you (have | sell | serve) [to (eat | drink)] | what can i (have | order | eat | drink)
       | what (coffee | tea | food | cakes | cold drinks | drinks) do you have
       | do you have (any food | cold drinks | anything to eat);
<price> = how much is <priced> | (how much | what) does <priced> cost | (what's | what is) the price of <priced>
        | do you have [a | any] <drink> | how much is (it | that | my order | everything);
<priced> = [a | an | the] [<size>] <drink>;
<repeat> = [can you | could you] (repeat that | say that again) | pardon | what did you say | once more;
<help> = help [me] | what can i (say | do | ask) | what can you do;
<person> = [<may> | <want> to | let me] (speak | talk) (to | with) (a [real] person | a human | someone | somebody)
         | (a [real] person | a human | someone) please | [<want> | give me] a [real] (person | human);
"""
