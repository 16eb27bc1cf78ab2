from offhook.server.connection import Refused
from offhook.server.doors import AllDoors


class Door:
    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    def knock(self, head):
        self.asked += 1
        return self.answer


def test_the_first_door_that_knows_the_path_answers():
    answer = Refused(403, "No.")
    doors = Door(None), Door(answer), Door(Refused(404, "Never."))
    assert AllDoors(*doors).knock(None) is answer
    assert [door.asked for door in doors] == [1, 1, 0]
    assert AllDoors(Door(None)).knock(None) is None
