namespace Sparrow.Server.Admission;

/// <summary>
/// The order of a waiting queue: by priority, and within one by deficit round robin over keys (Shreedhar and Varghese 1995), counted in
/// tokens. A key's turn lasts while its deficit is positive; prompts are charged when they leave the queue and generated tokens as they come,
/// so that the count is of work done and not of work asked for. Not safe for concurrent use.
/// </summary>
internal sealed class FairOrder(int maxRunning, double maxSharePerKey)
{
    // A turn of 512 tokens: some short chats or one long prompt, so that turns change often without a key's requests being torn apart.
    private const int Quantum = 512;

    // A key that comes back owes at most this for what it used while nobody else waited.
    private const int LargestDebt = 8 * Quantum;

    private readonly SortedDictionary<int, Level> _levels = [];
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    /// <summary>Puts a ticket at the end of its key's line.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="key">Whose line; one name for all makes the order first come, first served.</param>
    /// <param name="priority">Lower first.</param>
    public void Add(QueueTicket ticket, string key, int priority)
    {
        if (!_accounts.TryGetValue(key, out Account? account))
        {
            account = new Account();
            _accounts.Add(key, account);
        }

        if (!_levels.TryGetValue(priority, out Level? level))
        {
            level = new Level(priority);
            _levels.Add(priority, level);
        }

        Line? line = level.Lines.Find(candidate => candidate.Account == account);
        if (line is null)
        {
            line = new Line(level, account, key);
            level.Lines.Add(line);
            account.Deficit = Math.Max(account.Deficit, -LargestDebt);
        }

        ticket.Node = ticket.IsReturned ? line.AddByReservation(ticket) : line.AddLast(ticket);
        account.Waiting++;
        Count++;
    }

    /// <summary>The ticket that is next; null where every key that waits holds its share already. Asking twice gives the same answer.</summary>
    public QueueTicket? Next()
    {
        int waitingKeys = 0;
        int activeKeys = 0;
        foreach (Account account in _accounts.Values)
        {
            waitingKeys += account.Waiting > 0 ? 1 : 0;
            activeKeys += account.Waiting > 0 || account.Running > 0 ? 1 : 0;
        }

        // Shares below an equal part would leave room unused with everybody waiting.
        double share = Math.Max(maxSharePerKey, 1.0 / Math.Max(1, activeKeys));
        int limit = waitingKeys > 1 ? Math.Max(1, (int)(share * maxRunning)) : int.MaxValue;
        foreach (Level level in _levels.Values)
        {
            if (level.Next(limit) is { } ticket)
            {
                return ticket;
            }
        }

        return null;
    }

    /// <summary>Takes a waiting ticket out without charging its key: it has gone.</summary>
    public void Remove(QueueTicket ticket)
    {
        Line line = (Line)ticket.Node!.List!;
        line.Remove(ticket.Node);
        ticket.Node = null;
        line.Account.Waiting--;
        Count--;
        if (line.Count == 0)
        {
            line.Level.Drop(line);
            if (line.Level.Lines.Count == 0)
            {
                _levels.Remove(line.Level.Priority);
            }
        }

        Forget(line.Key, line.Account);
    }

    /// <summary>Takes a waiting ticket out to run: its key holds its sequences from now on, and pays for the prompt.</summary>
    public void Start(QueueTicket ticket, string key, int sequences)
    {
        Account account = _accounts[key];
        account.Running += sequences;
        account.Deficit -= ticket.PromptTokens;
        Remove(ticket);
    }

    /// <summary>The same for a ticket that waits outside this order.</summary>
    public void StartOutside(string key, int promptTokens, int sequences)
    {
        if (!_accounts.TryGetValue(key, out Account? account))
        {
            account = new Account();
            _accounts.Add(key, account);
        }

        account.Running += sequences;
        account.Deficit -= promptTokens;
    }

    /// <summary>Charges a key for tokens generated for it.</summary>
    public void Charge(string key, int tokens)
    {
        if (_accounts.TryGetValue(key, out Account? account))
        {
            account.Deficit -= tokens;
        }
    }

    /// <summary>A running request has ended.</summary>
    public void End(string key, int sequences)
    {
        Account account = _accounts[key];
        account.Running -= sequences;
        Forget(key, account);
    }

    private void Forget(string key, Account account)
    {
        if (account.Waiting > 0)
        {
            return;
        }

        // Credit does not outlive the wait: an idle key must not save up turns. Debt lasts while others wait.
        account.Deficit = Math.Min(account.Deficit, 0);
        if (Count == 0)
        {
            foreach (Account other in _accounts.Values)
            {
                other.Deficit = 0;
            }
        }

        if (account.Running == 0 && account.Deficit == 0)
        {
            _accounts.Remove(key);
        }
    }

    private sealed class Account
    {
        public long Deficit { get; set; }

        public int Waiting { get; set; }

        public int Running { get; set; }
    }

    private sealed class Line(Level level, Account account, string key) : LinkedList<QueueTicket>
    {
        public Level Level { get; } = level;

        public Account Account { get; } = account;

        public string Key { get; } = key;

        /// <summary>Puts a ticket where it stood before it was handed back.</summary>
        public LinkedListNode<QueueTicket> AddByReservation(QueueTicket ticket)
        {
            LinkedListNode<QueueTicket>? after = Last;
            while (after is not null && after.Value.ReservedTimestamp > ticket.ReservedTimestamp)
            {
                after = after.Previous;
            }

            return after is null ? AddFirst(ticket) : AddAfter(after, ticket);
        }
    }

    /// <summary>The keys that wait within one priority, and whose turn it is.</summary>
    private sealed class Level(int priority)
    {
        private int _turn;

        public int Priority { get; } = priority;

        public List<Line> Lines { get; } = [];

        public void Drop(Line line)
        {
            int index = Lines.IndexOf(line);
            Lines.RemoveAt(index);
            if (index < _turn)
            {
                _turn--;
            }
        }

        public QueueTicket? Next(int limit)
        {
            // 1. How many whole rounds until a key that may run has credit: given at once instead of walked.
            long rounds = long.MaxValue;
            foreach (Line line in Lines)
            {
                if (MayRun(line, limit))
                {
                    rounds = Math.Min(rounds, Math.Max(0, -line.Account.Deficit / Quantum));
                }
            }

            if (rounds == long.MaxValue)
            {
                return null;
            }

            if (rounds > 0)
            {
                foreach (Line line in Lines)
                {
                    line.Account.Deficit += MayRun(line, limit) ? rounds * Quantum : 0;
                }
            }

            // 2. From the key whose turn it is: who has credit serves, else the turn passes, and the next key gets its quantum.
            _turn = _turn < Lines.Count ? _turn : 0;
            while (!MayRun(Lines[_turn], limit) || Lines[_turn].Account.Deficit <= 0)
            {
                _turn = (_turn + 1) % Lines.Count;
                if (MayRun(Lines[_turn], limit))
                {
                    Lines[_turn].Account.Deficit += Quantum;
                }
            }

            return Lines[_turn].First!.Value;
        }

        private static bool MayRun(Line line, int limit)
        {
            int wanted = line.First!.Value.Generation!.Request.Choices;
            return line.Account.Running == 0 || line.Account.Running + wanted <= limit;
        }
    }
}
