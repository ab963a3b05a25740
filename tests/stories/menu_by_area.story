# Callers from Shanghai and from Tianjin have menus of their own, all others a third.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "where" }
| [nodes.where]
| type = "area"
| routes = [{ areas = ["上海"], exit = "shanghai" }, { areas = ["天津"], exit = "tianjin" }]
| exits = { _ = "others" }
| [nodes.shanghai]
| type = "menu"
| prompt = "shanghai.wav"
| exits = { 1 = "desk", _ = "bye" }
| [nodes.tianjin]
| type = "menu"
| prompt = "tianjin.wav"
| exits = { 1 = "desk", _ = "bye" }
| [nodes.others]
| type = "menu"
| prompt = "others.wav"
| exits = { 1 = "desk", _ = "bye" }
| [nodes.desk]
| type = "group"
| group = "agents"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived shanghai from 02152345678 to 4008001234
> 0.000 shanghai #1 take shanghai
> 0.000 shanghai #2 keep fallback of shanghai for 600.000s
> 0.000 shanghai note where: shanghai (上海市)
> 0.000 shanghai #3 answer shanghai
> 0.000 shanghai note - -> menu
> 0.000 shanghai #4 play /sounds/shanghai.wav to shanghai
< 0 arrived tianjin from 02252345678 to 4008001234
> 0.000 tianjin #1 take tianjin
> 0.000 tianjin #2 keep fallback of tianjin for 600.000s
> 0.000 tianjin note where: tianjin (天津市)
> 0.000 tianjin #3 answer tianjin
> 0.000 tianjin note - -> menu
> 0.000 tianjin #4 play /sounds/tianjin.wav to tianjin
< 0 arrived guangzhou from 02052345678 to 4008001234
> 0.000 guangzhou #1 take guangzhou
> 0.000 guangzhou #2 keep fallback of guangzhou for 600.000s
> 0.000 guangzhou note where: elsewhere (广州市)
> 0.000 guangzhou #3 answer guangzhou
> 0.000 guangzhou note - -> menu
> 0.000 guangzhou #4 play /sounds/others.wav to guangzhou
