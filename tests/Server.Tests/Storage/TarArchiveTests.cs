using System.Formats.Tar;
using System.Text;
using Sparrow.Server.Storage.Formats;
using Xunit;

namespace Sparrow.Server.Tests.Storage;

public sealed class TarArchiveTests
{
    [Theory]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Ustar)]
    public void Plain_archives_of_every_dialect_are_taken(TarEntryFormat format)
    {
        string longName = new string('a', 90) + "/" + new string('b', 60) + ".json";
        using MemoryStream tar = Tar(format, (writer) =>
        {
            Write(writer, format, TarEntryType.Directory, "model/", null);
            Write(writer, format, TarEntryType.RegularFile, "model/config.json", "{}");
            Write(writer, format, TarEntryType.RegularFile, longName, "{}");
        });
        Assert.Equal(2, TarArchive.Check(tar));
    }

    [Theory]
    [InlineData("../config.json")]
    [InlineData("/etc/config.json")]
    [InlineData("a/../../config.json")]
    [InlineData("a\\..\\config.json")]
    [InlineData("C:config.json")]
    [InlineData("model.bin")]
    [InlineData("tool.exe")]
    public void Names_that_leave_the_folder_and_formats_that_run_code_are_refused(string name)
    {
        using MemoryStream tar = Tar(TarEntryFormat.Pax, writer => Write(writer, TarEntryFormat.Pax, TarEntryType.RegularFile, name, "{}"));
        Assert.Throws<InvalidDataException>(() => TarArchive.Check(tar));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public void Links_and_devices_are_refused(TarEntryType type)
    {
        using MemoryStream tar = Tar(TarEntryFormat.Ustar, writer =>
        {
            UstarTarEntry entry = new(type, "config.json");
            if (type != TarEntryType.Fifo)
            {
                entry.LinkName = "/etc/passwd";
            }

            writer.WriteEntry(entry);
        });
        Assert.Contains("link", Assert.Throws<InvalidDataException>(() => TarArchive.Check(tar)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_given_twice_is_refused()
    {
        using MemoryStream tar = Tar(TarEntryFormat.Ustar, writer =>
        {
            Write(writer, TarEntryFormat.Ustar, TarEntryType.RegularFile, "config.json", "{}");
            Write(writer, TarEntryFormat.Ustar, TarEntryType.RegularFile, "Config.json", "{}");
        });
        Assert.Contains("twice", Assert.Throws<InvalidDataException>(() => TarArchive.Check(tar)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_archives_end_in_a_refusal_and_never_otherwise()
    {
        using MemoryStream tar = Tar(TarEntryFormat.Pax, writer =>
        {
            Write(writer, TarEntryFormat.Pax, TarEntryType.RegularFile, "model/" + new string('n', 200) + ".json", "{\"a\":1}");
            Write(writer, TarEntryFormat.Pax, TarEntryType.RegularFile, "model/merges.txt", "a b");
        });
        byte[] good = tar.ToArray();
        Random random = new(7);
        int refused = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] bytes = [.. good];
            for (int wounds = random.Next(1, 6); wounds > 0; wounds--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            Mend(bytes);
            try
            {
                TarArchive.Check(new MemoryStream(bytes));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 5000);
    }

    // Right checksums let the damage through to what lies behind them.
    private static void Mend(byte[] bytes)
    {
        for (int at = 0; at + 512 <= bytes.Length; at += 512)
        {
            if (!bytes.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
            {
                continue;
            }

            bytes.AsSpan(at + 148, 8).Fill((byte)' ');
            int sum = bytes.AsSpan(at, 512).ToArray().Sum(value => value);
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes, at + 148);
        }
    }

    private static void Write(TarWriter writer, TarEntryFormat format, TarEntryType type, string name, string? content)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.Gnu => new GnuTarEntry(type, name),
            TarEntryFormat.Pax => new PaxTarEntry(type, name),
            _ => new UstarTarEntry(type, name),
        };
        if (content is not null)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }

        writer.WriteEntry(entry);
    }

    private static MemoryStream Tar(TarEntryFormat format, Action<TarWriter> write)
    {
        MemoryStream stream = new();
        using (TarWriter writer = new(stream, format, leaveOpen: true))
        {
            write(writer);
        }

        stream.Position = 0;
        return stream;
    }
}
